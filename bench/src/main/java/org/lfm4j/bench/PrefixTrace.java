package org.lfm4j.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A simulated day of chats: 200 conversations of 10 turns, 50 of them open at any time, turns in
 * random order. All begin with the same system prompt of 400 tokens. Lengths are log-normal: what a
 * user writes has a median of 40 tokens (sigma 1), an answer one of 150 (sigma 0.8); templates add
 * 8 tokens a turn.
 */
final class PrefixTrace {
  static final int SYSTEM = 400;
  private static final int CONVERSATIONS = 200;
  private static final int TURNS = 10;
  private static final int OPEN = 50;
  private static final int TEMPLATE = 8;

  /**
   * One request.
   *
   * @param conversation which conversation goes on
   * @param seen tokens of it that were computed in earlier turns
   * @param prompt tokens of the prompt
   * @param end tokens computed when the answer is complete
   */
  record Turn(int conversation, int seen, int prompt, int end) {}

  private PrefixTrace() {}

  static List<Turn> turns(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Turn> trace = new ArrayList<>();
    int[] length = new int[CONVERSATIONS];
    int[] turn = new int[CONVERSATIONS];
    List<Integer> open = new ArrayList<>();
    int next = 0;
    while (next < CONVERSATIONS || !open.isEmpty()) {
      while (open.size() < OPEN && next < CONVERSATIONS) {
        length[next] = SYSTEM;
        open.add(next++);
      }
      int conversation = open.get(random.nextInt(open.size()));
      int prompt = length[conversation] + TEMPLATE + tokens(random, 40, 1);
      int whole = prompt + tokens(random, 150, 0.8);
      int seen = turn[conversation] == 0 ? 0 : length[conversation] - 1;
      // The last token of an answer is sampled, never computed.
      trace.add(new Turn(conversation, seen, prompt, whole - 1));
      length[conversation] = whole;
      if (++turn[conversation] == TURNS) {
        open.removeIf(each -> each == conversation);
      }
    }
    return trace;
  }

  private static int tokens(SplittableRandom random, double median, double sigma) {
    return (int) Math.clamp(median * Math.exp(sigma * random.nextGaussian()), 1, 2000);
  }
}

package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.text.ChatPrompt;

/**
 * A chat whose every turn sends all turns before it again, as chat clients do. The user says random
 * numbers, until the prompt is as long as it should be by this turn.
 */
final class GrowingChat {
  private static final int WORDS_AT_ONCE = 4;

  private final LanguageModel model;
  private final RandomGenerator random;
  private final int tokensPerTurn;
  private final int answerTokens;
  private final List<Map<String, Object>> messages = new ArrayList<>();

  GrowingChat(LanguageModel model, long seed, int tokensPerTurn, int answerTokens) {
    this.model = model;
    this.random = new SplittableRandom(seed);
    this.tokensPerTurn = tokensPerTurn;
    this.answerTokens = answerTokens;
  }

  /** Takes turns, one after the other. */
  List<RequestTimes> run(int turns) throws InterruptedException {
    List<RequestTimes> times = new ArrayList<>();
    for (int turn = 1; turn <= turns; turn++) {
      times.add(answer(promptOf(turn * tokensPerTurn - answerTokens)));
    }
    return times;
  }

  /** Returns the answers so far. */
  List<Object> answers() {
    return messages.stream()
        .filter(message -> "assistant".equals(message.get("role")))
        .map(message -> message.get("content"))
        .toList();
  }

  private int[] promptOf(int length) {
    StringBuilder words = new StringBuilder("Add up");
    int[] prompt;
    do {
      for (int i = 0; i < WORDS_AT_ONCE; i++) {
        words.append(' ').append(random.nextInt(1000));
      }
      List<Map<String, Object>> sent = new ArrayList<>(messages);
      sent.add(Map.of("role", "user", "content", words.toString()));
      prompt = model.encode(new ChatPrompt(sent));
    } while (prompt.length < length);
    messages.add(Map.of("role", "user", "content", words.toString()));
    return prompt;
  }

  private RequestTimes answer(int[] prompt) throws InterruptedException {
    GenerationRequest request =
        new GenerationRequest(
            prompt,
            SamplingParams.GREEDY,
            answerTokens,
            List.of(),
            true,
            true,
            0,
            Optional.empty(),
            Optional.empty(),
            Set.of());
    StringBuilder text = new StringBuilder();
    long submitted = System.nanoTime();
    try (Generation generation = model.generate(request)) {
      RequestTimes times = RequestTimes.read(generation, submitted, text);
      messages.add(Map.of("role", "assistant", "content", text.toString()));
      return times;
    }
  }
}

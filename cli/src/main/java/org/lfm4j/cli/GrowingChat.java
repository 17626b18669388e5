package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.text.ChatPrompt;

/**
 * A chat whose every turn sends all turns before it again, as chat clients do. It begins with a
 * long message of random numbers; short questions follow.
 */
final class GrowingChat {
  private static final int WORDS_AT_ONCE = 4;

  private final LanguageModel model;
  private final RandomGenerator random;
  private final int firstTokens;
  private final int answerTokens;
  private final List<Map<String, Object>> messages = new ArrayList<>();

  /** A chat whose first message has about {@code firstTokens} tokens. */
  GrowingChat(LanguageModel model, long seed, int firstTokens, int answerTokens) {
    this.model = model;
    this.random = new SplittableRandom(seed);
    this.firstTokens = firstTokens;
    this.answerTokens = answerTokens;
  }

  /** Takes turns, one after the other. */
  List<RequestTimes> run(int turns) throws InterruptedException {
    List<RequestTimes> times = new ArrayList<>();
    times.add(answer(document()));
    for (int turn = 2; turn <= turns; turn++) {
      times.add(answer(question()));
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

  /** A long first message. */
  private int[] document() {
    StringBuilder words = new StringBuilder("Add up");
    int[] prompt;
    do {
      for (int i = 0; i < WORDS_AT_ONCE; i++) {
        words.append(' ').append(random.nextInt(1000));
      }
      prompt = model.encode(prompt(words.toString()));
    } while (prompt.length < firstTokens);
    messages.add(Map.of("role", "user", "content", words.toString()));
    return prompt;
  }

  /** A short next message. */
  private int[] question() {
    String text = "What is %d + %d?".formatted(random.nextInt(10, 100), random.nextInt(10, 100));
    int[] prompt = model.encode(prompt(text));
    messages.add(Map.of("role", "user", "content", text));
    return prompt;
  }

  private ChatPrompt prompt(String next) {
    List<Map<String, Object>> sent = new ArrayList<>(messages);
    sent.add(Map.of("role", "user", "content", next));
    return new ChatPrompt(sent);
  }

  private RequestTimes answer(int[] prompt) throws InterruptedException {
    GenerationRequest request =
        GenerationRequest.of(prompt, SamplingParams.GREEDY).withMaxTokens(answerTokens);
    StringBuilder text = new StringBuilder();
    long submitted = System.nanoTime();
    try (Generation generation = model.generate(request)) {
      RequestTimes times = RequestTimes.read(generation, submitted, text);
      messages.add(Map.of("role", "assistant", "content", text.toString()));
      return times;
    }
  }
}

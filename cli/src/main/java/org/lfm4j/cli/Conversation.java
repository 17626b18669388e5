package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.text.ChatPrompt;

/** A conversation with a model: what was said so far, and the next answer. One thread uses it. */
final class Conversation {
  private final LanguageModel model;
  private final SamplingParams sampling;
  private final int maxTokens;
  private final LongSupplier nanoTime;
  private final List<Map<String, Object>> turns = new ArrayList<>();
  private String system = "";

  /**
   * How an answer went.
   *
   * @param tokens tokens generated
   * @param seconds time for all of it
   * @param secondsToFirst time until the first text came
   */
  record Stats(int tokens, double seconds, double secondsToFirst) {
    /** Returns tokens a second after the first text came. */
    double tokensPerSecond() {
      return tokens < 2 ? 0 : (tokens - 1) / Math.max(seconds - secondsToFirst, 1e-9);
    }
  }

  /** An empty conversation. */
  Conversation(LanguageModel model, SamplingParams sampling, int maxTokens, LongSupplier nanoTime) {
    this.model = model;
    this.sampling = sampling;
    this.maxTokens = maxTokens;
    this.nanoTime = nanoTime;
  }

  /** Sets the system prompt, which comes first; empty for none. What was said so far stays. */
  void system(String text) {
    system = text;
  }

  /** Forgets everything but the system prompt. */
  void reset() {
    turns.clear();
  }

  /**
   * Says something and takes the answer into the conversation, even one that was stopped half-way;
   * without any answer it is as if nothing had been said.
   *
   * @param started gets the running generation, to stop it from another thread
   * @param piece gets each piece of text
   * @throws CliException if the conversation has outgrown the context; what was said is dropped
   */
  Stats say(String text, Consumer<Generation> started, Consumer<String> piece)
      throws InterruptedException {
    turns.add(Map.of("role", "user", "content", text));
    boolean answered = false;
    try {
      Stats stats = answer(started, piece);
      answered = true;
      return stats;
    } finally {
      if (!answered) {
        turns.removeLast();
      }
    }
  }

  private Stats answer(Consumer<Generation> started, Consumer<String> piece)
      throws InterruptedException {
    int[] prompt = model.encode(new ChatPrompt(messages()));
    int room = model.maxModelLength() - prompt.length;
    if (room < 1) {
      throw new CliException(
          "The conversation has %d tokens, but the context holds %d: /reset starts a new one."
              .formatted(prompt.length, model.maxModelLength()));
    }
    GenerationRequest request =
        new GenerationRequest(prompt, sampling, Math.min(maxTokens, room), List.of(), true);
    long begin = nanoTime.getAsLong();
    long first = begin;
    StringBuilder answer = new StringBuilder();
    try (Generation generation = model.generate(request)) {
      started.accept(generation);
      for (Optional<String> next = generation.next(); next.isPresent(); next = generation.next()) {
        if (answer.isEmpty()) {
          first = nanoTime.getAsLong();
        }
        answer.append(next.get());
        piece.accept(next.get());
      }
      if (answer.isEmpty()) {
        turns.removeLast();
      } else {
        turns.add(Map.of("role", "assistant", "content", answer.toString()));
      }
      return new Stats(
          generation.completionTokens(),
          (nanoTime.getAsLong() - begin) / 1e9,
          (first - begin) / 1e9);
    }
  }

  private List<Map<String, Object>> messages() {
    List<Map<String, Object>> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(Map.of("role", "system", "content", system));
    }
    messages.addAll(turns);
    return messages;
  }
}

package org.lfm4j.cli;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.lfm4j.Chat;
import org.lfm4j.Generation;

/** Says things in a chat and measures how the answers come. One thread uses it. */
final class Conversation {
  private final Chat chat;
  private final LongSupplier nanoTime;

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

  /** Goes on with a chat. */
  Conversation(Chat chat, LongSupplier nanoTime) {
    this.chat = chat;
    this.nanoTime = nanoTime;
  }

  /** Sets the system prompt, which comes first; empty for none. What was said so far stays. */
  void system(String text) {
    chat.system(text);
  }

  /** Forgets everything but the system prompt. */
  void reset() {
    chat.reset();
  }

  /**
   * Says something.
   *
   * @param started gets the running generation, to stop it from another thread
   * @param piece gets each piece of text
   * @throws IllegalArgumentException if the conversation has outgrown the context; what was said is
   *     dropped
   */
  Stats say(String text, Consumer<Generation> started, Consumer<String> piece)
      throws InterruptedException {
    long begin = nanoTime.getAsLong();
    try (Generation answer = chat.stream(text)) {
      started.accept(answer);
      Optional<String> next = answer.next();
      long first = next.isPresent() ? nanoTime.getAsLong() : begin;
      next.ifPresent(piece);
      answer.forEach(piece);
      return new Stats(
          answer.completionTokens(), (nanoTime.getAsLong() - begin) / 1e9, (first - begin) / 1e9);
    }
  }
}

package org.lfm4j.cli;

import java.util.Arrays;
import java.util.Optional;
import org.lfm4j.Generation;

/**
 * When the tokens of one request came. Tokens are seen as text: where a piece of text has several
 * (a character of several bytes), they share the time since the piece before.
 *
 * @param promptTokens tokens of the prompt
 * @param reusedTokens those found in the prefix cache
 * @param outputTokens tokens generated
 * @param firstNanos from the submission to the first text
 * @param totalNanos from the submission to the end
 * @param gapNanos between tokens, from the second piece of text on
 */
record RequestTimes(
    int promptTokens,
    int reusedTokens,
    int outputTokens,
    long firstNanos,
    long totalNanos,
    long[] gapNanos) {

  /** Reads a generation to its end; {@code submitted} is {@link System#nanoTime} before it. */
  static RequestTimes of(Generation generation, long submitted) throws InterruptedException {
    return read(generation, submitted, new StringBuilder());
  }

  /** The same, and collects the text. */
  static RequestTimes read(Generation generation, long submitted, StringBuilder text)
      throws InterruptedException {
    long first = 0;
    long last = submitted;
    int seen = 0;
    long[] gaps = new long[64];
    int gapCount = 0;
    for (Optional<String> piece = generation.next(); piece.isPresent(); piece = generation.next()) {
      long now = System.nanoTime();
      text.append(piece.get());
      int tokens = generation.completionTokens() - seen;
      seen += tokens;
      if (first == 0) {
        first = now;
      } else {
        if (gapCount + tokens > gaps.length) {
          gaps = Arrays.copyOf(gaps, 2 * (gapCount + tokens));
        }
        Arrays.fill(gaps, gapCount, gapCount + tokens, (now - last) / Math.max(1, tokens));
        gapCount += tokens;
      }
      last = now;
    }
    long end = System.nanoTime();
    return new RequestTimes(
        generation.promptTokens(),
        generation.cachedTokens(),
        generation.completionTokens(),
        (first == 0 ? end : first) - submitted,
        end - submitted,
        Arrays.copyOf(gaps, gapCount));
  }

  /** Returns the time per output token after the first; only with two or more. */
  long nanosPerOutputToken() {
    return (totalNanos - firstNanos) / (outputTokens - 1);
  }
}

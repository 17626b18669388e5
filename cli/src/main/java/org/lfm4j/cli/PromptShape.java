package org.lfm4j.cli;

import java.util.List;
import org.lfm4j.engine.TokenTimes;

/**
 * Prompts that are sent at once.
 *
 * @param count how many
 * @param tokens of each
 */
record PromptShape(int count, int tokens) {

  /**
   * Reads {@code 8x4096}.
   *
   * @throws CliException if it is anything else
   */
  static PromptShape parse(String text) {
    String[] parts = text.split("x", -1);
    try {
      if (parts.length == 2) {
        return new PromptShape(
            Ranges.atLeast("--prompts", Integer.parseInt(parts[0]), 1),
            Ranges.atLeast("--prompts", Integer.parseInt(parts[1]), 1));
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new CliException("--prompts must be like 1x512,8x4096, got %s.".formatted(text));
  }

  /** Returns prompt tokens per second, from the first prompt sent to the last first token. */
  double rate(List<TokenTimes> times) {
    long from = times.stream().mapToLong(TokenTimes::submittedNanos).min().orElseThrow();
    long to = times.stream().mapToLong(t -> t.tokenNanos(0)).max().orElseThrow();
    return count * (double) tokens / ((to - from) / 1e9);
  }

  @Override
  public String toString() {
    return count + "x" + tokens;
  }
}

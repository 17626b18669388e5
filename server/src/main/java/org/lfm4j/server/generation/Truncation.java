package org.lfm4j.server.generation;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfm4j.server.http.Fields;

/**
 * How a prompt is cut before it is used.
 *
 * @param tokens most tokens to keep, -1 for as many as leave room for the answer; empty keeps all
 * @param keepsEnd whether the last tokens are kept rather than the first
 */
public record Truncation(OptionalInt tokens, boolean keepsEnd) {
  private static final int WHAT_FITS = -1;

  /** Reads {@code truncate_prompt_tokens} and {@code truncation_side}. */
  static Truncation read(Fields body) {
    OptionalInt tokens = body.intIn("truncate_prompt_tokens", WHAT_FITS, Integer.MAX_VALUE);
    if (tokens.orElse(1) == 0) {
      throw body.mustBe("truncate_prompt_tokens", "at least 1, or -1 for what fits");
    }
    Optional<String> side = body.string("truncation_side");
    if (!side.orElse("left").equals("left") && !side.orElse("right").equals("right")) {
      throw body.mustBe("truncation_side", "\"left\" or \"right\"");
    }
    return new Truncation(tokens, side.orElse("left").equals("left"));
  }

  /**
   * Cuts a prompt.
   *
   * @param room how many tokens the context has for prompts
   */
  int[] apply(int[] prompt, int room) {
    int keep = Math.min(prompt.length, tokens.orElse(prompt.length));
    if (keep == WHAT_FITS) {
      keep = Math.min(prompt.length, room);
    }
    return keepsEnd
        ? Arrays.copyOfRange(prompt, prompt.length - keep, prompt.length)
        : Arrays.copyOf(prompt, keep);
  }
}

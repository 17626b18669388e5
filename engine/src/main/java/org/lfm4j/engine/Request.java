package org.lfm4j.engine;

import java.util.Set;
import org.lfm4j.sampling.SamplingParams;

/**
 * One sequence to be continued.
 *
 * @param prompt token ids, at least one, each in [0, vocabSize)
 * @param sampling how tokens are chosen
 * @param maxTokens most tokens to generate, at least one
 * @param stopIds ids that end the sequence; the one that ends it is part of the output
 */
public record Request(int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopIds) {

  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if the prompt is empty or no token may be generated
   */
  public Request {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt is empty: send at least one token");
    }
    if (maxTokens < 1) {
      throw new IllegalArgumentException("max_tokens must be at least 1, got " + maxTokens);
    }
    stopIds = Set.copyOf(stopIds);
  }
}

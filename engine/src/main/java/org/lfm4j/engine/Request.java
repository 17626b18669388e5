package org.lfm4j.engine;

import java.util.Optional;
import java.util.Set;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.grammar.Grammar;

/**
 * One prompt to be continued.
 *
 * @param prompt token ids, at least one, each in [0, vocabSize)
 * @param sampling how tokens are chosen
 * @param maxTokens most tokens to generate, at least one
 * @param stopIds ids that end the sequence; the one that ends it is part of the output
 * @param samples how many continuations are drawn ({@code n})
 * @param priority lower runs first, where the engine minds priorities
 * @param cacheSalt requests share cached prefixes only with those of the same salt
 * @param promptLogits whether the logits of prompt positions are wanted too; no cached prefix is
 *     used then
 * @param deadlineNanos {@link System#nanoTime} after which the request is given up; empty waits for
 *     ever
 * @param grammar what the output must follow; one of its end tokens ends the sequence
 */
public record Request(
    int[] prompt,
    SamplingParams sampling,
    int maxTokens,
    Set<Integer> stopIds,
    int samples,
    int priority,
    Optional<String> cacheSalt,
    boolean promptLogits,
    Optional<Long> deadlineNanos,
    Optional<Grammar> grammar) {

  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if the prompt is empty or nothing may be generated
   */
  public Request {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt is empty: send at least one token");
    }
    if (maxTokens < 1) {
      throw new IllegalArgumentException("max_tokens must be at least 1, got " + maxTokens);
    }
    if (samples < 1) {
      throw new IllegalArgumentException("n must be at least 1, got " + samples);
    }
    stopIds = Set.copyOf(stopIds);
  }

  /** One continuation of default priority, without salt or deadline. */
  public Request(int[] prompt, SamplingParams sampling, int maxTokens, Set<Integer> stopIds) {
    this(prompt, sampling, maxTokens, stopIds, 1, 0, Optional.empty(), false, Optional.empty());
  }

  /** A request that no grammar binds. */
  public Request(
      int[] prompt,
      SamplingParams sampling,
      int maxTokens,
      Set<Integer> stopIds,
      int samples,
      int priority,
      Optional<String> cacheSalt,
      boolean promptLogits,
      Optional<Long> deadlineNanos) {
    this(
        prompt,
        sampling,
        maxTokens,
        stopIds,
        samples,
        priority,
        cacheSalt,
        promptLogits,
        deadlineNanos,
        Optional.empty());
  }

  /** Returns the most tokens that one sequence of this request may come to hold. */
  long maxLength() {
    return (long) prompt.length + maxTokens;
  }
}

package org.lfm4j.engine;

/**
 * How an engine spends its memory and its steps.
 *
 * @param pages cache pages taken up front
 * @param maxBatchedTokens most tokens of one step ({@code --max-num-batched-tokens})
 * @param maxSequences most sequences that run at once ({@code --max-num-seqs})
 * @param maxWaiting most requests that wait; further ones are refused
 * @param prefixCaching whether pages are reused across requests
 * @param priorities whether requests run in order of priority rather than of arrival
 */
public record EngineConfig(
    int pages,
    int maxBatchedTokens,
    int maxSequences,
    int maxWaiting,
    boolean prefixCaching,
    boolean priorities) {

  /**
   * Checks ranges.
   *
   * @throws IllegalArgumentException naming the setting, its value and its range
   */
  public EngineConfig {
    atLeastOne("pages", pages);
    atLeastOne("max_num_batched_tokens", maxBatchedTokens);
    atLeastOne("max_num_seqs", maxSequences);
    atLeastOne("max_waiting", maxWaiting);
    if (maxBatchedTokens < maxSequences) {
      throw new IllegalArgumentException(
          "max_num_batched_tokens (%d) must be at least max_num_seqs (%d), so that every running sequence can decode in each step"
              .formatted(maxBatchedTokens, maxSequences));
    }
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, got " + value);
    }
  }
}

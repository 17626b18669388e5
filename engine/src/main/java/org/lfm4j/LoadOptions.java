package org.lfm4j;

import java.util.OptionalInt;
import java.util.OptionalLong;
import org.lfm4j.checkpoint.SamplingDefaults;

/**
 * How a model is loaded and its memory and steps are spent. Start from {@link #DEFAULT}.
 *
 * @param maxModelLength longest sequence (prompt and output) served; empty takes the model's own,
 *     or less if the cache does not hold that much
 * @param threads threads of the CPU runner; 0 takes all processors
 * @param cacheBytes memory for keys, values and convolution state, taken up front; empty takes a
 *     quarter of the heap, 512 MiB at most
 * @param maxBatchedTokens most tokens of one step
 * @param maxSequences most sequences that run at once
 * @param maxWaiting most requests that wait in line
 * @param prefixCaching whether requests reuse what others with the same beginning have computed
 * @param priorities whether requests run in order of priority rather than of arrival
 * @param samplingDefaults what holds where a request doesn't say how tokens are chosen
 */
public record LoadOptions(
    OptionalInt maxModelLength,
    int threads,
    OptionalLong cacheBytes,
    int maxBatchedTokens,
    int maxSequences,
    int maxWaiting,
    boolean prefixCaching,
    boolean priorities,
    SamplingDefaults samplingDefaults) {

  /** All processors, first come first served, with a prefix cache. */
  public static final LoadOptions DEFAULT =
      new LoadOptions(
          OptionalInt.empty(),
          0,
          OptionalLong.empty(),
          512,
          256,
          4096,
          true,
          false,
          SamplingDefaults.OF_MODEL);

  /** Returns these options with another longest sequence. */
  public LoadOptions withMaxModelLength(int tokens) {
    return new LoadOptions(
        OptionalInt.of(tokens),
        threads,
        cacheBytes,
        maxBatchedTokens,
        maxSequences,
        maxWaiting,
        prefixCaching,
        priorities,
        samplingDefaults);
  }

  /** Returns these options with another number of threads. */
  public LoadOptions withThreads(int count) {
    return new LoadOptions(
        maxModelLength,
        count,
        cacheBytes,
        maxBatchedTokens,
        maxSequences,
        maxWaiting,
        prefixCaching,
        priorities,
        samplingDefaults);
  }

  /** Returns these options with another budget for the cache. */
  public LoadOptions withCacheBytes(long bytes) {
    return new LoadOptions(
        maxModelLength,
        threads,
        OptionalLong.of(bytes),
        maxBatchedTokens,
        maxSequences,
        maxWaiting,
        prefixCaching,
        priorities,
        samplingDefaults);
  }

  /** Returns these options with or without prefix caching. */
  public LoadOptions withPrefixCaching(boolean on) {
    return new LoadOptions(
        maxModelLength,
        threads,
        cacheBytes,
        maxBatchedTokens,
        maxSequences,
        maxWaiting,
        on,
        priorities,
        samplingDefaults);
  }

  /** Returns these options with another size of a step. */
  public LoadOptions withMaxBatchedTokens(int tokens) {
    return new LoadOptions(
        maxModelLength,
        threads,
        cacheBytes,
        tokens,
        maxSequences,
        maxWaiting,
        prefixCaching,
        priorities,
        samplingDefaults);
  }

  /** Returns these options with another number of sequences that run at once. */
  public LoadOptions withMaxSequences(int count) {
    return new LoadOptions(
        maxModelLength,
        threads,
        cacheBytes,
        maxBatchedTokens,
        count,
        maxWaiting,
        prefixCaching,
        priorities,
        samplingDefaults);
  }

  /** Returns these options with another length of the queue. */
  public LoadOptions withMaxWaiting(int count) {
    return new LoadOptions(
        maxModelLength,
        threads,
        cacheBytes,
        maxBatchedTokens,
        maxSequences,
        count,
        prefixCaching,
        priorities,
        samplingDefaults);
  }

  /** Returns these options with or without priorities. */
  public LoadOptions withPriorities(boolean on) {
    return new LoadOptions(
        maxModelLength,
        threads,
        cacheBytes,
        maxBatchedTokens,
        maxSequences,
        maxWaiting,
        prefixCaching,
        on,
        samplingDefaults);
  }

  /** Returns these options with other defaults for requests that don't say how they sample. */
  public LoadOptions withSamplingDefaults(SamplingDefaults defaults) {
    return new LoadOptions(
        maxModelLength,
        threads,
        cacheBytes,
        maxBatchedTokens,
        maxSequences,
        maxWaiting,
        prefixCaching,
        priorities,
        defaults);
  }
}

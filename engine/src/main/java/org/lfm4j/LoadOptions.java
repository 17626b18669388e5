package org.lfm4j;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.SamplingDefaults;

/**
 * How a model is loaded and its memory and steps are spent. Start from {@link #DEFAULT}.
 *
 * @param maxModelLength longest sequence (prompt and output) served; empty takes the model's own,
 *     or less if the cache does not hold that much
 * @param threads threads of the CPU runner; 0 takes all processors
 * @param cacheBytes memory for keys, values and convolution state, taken up front; empty takes a
 *     quarter of the heap, 512 MiB at most
 * @param maxBatchedTokens most tokens of one step; 0 takes what suits the device: 512 on a CPU,
 *     8,192 on a GPU
 * @param maxSequences most sequences that run at once
 * @param maxWaiting most requests that wait in line
 * @param prefixCaching whether requests reuse what others with the same beginning have computed
 * @param priorities whether requests run in order of priority rather than of arrival
 * @param gpu whether the model runs on a GPU
 * @param dummyWeights a shape to be run with random weights in place of the model's own; its
 *     tokenizer and template stay
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
    GpuOptions gpu,
    Optional<ModelConfig> dummyWeights,
    SamplingDefaults samplingDefaults) {

  /** All processors, first come first served, with a prefix cache. */
  public static final LoadOptions DEFAULT =
      new LoadOptions(
          OptionalInt.empty(),
          0,
          OptionalLong.empty(),
          0,
          256,
          4096,
          true,
          false,
          GpuOptions.DEFAULT,
          Optional.empty(),
          SamplingDefaults.OF_MODEL);

  /** Returns these options with another longest sequence. */
  public LoadOptions withMaxModelLength(int tokens) {
    return with(copy -> copy.maxModelLength = OptionalInt.of(tokens));
  }

  /** Returns these options with another number of threads. */
  public LoadOptions withThreads(int count) {
    return with(copy -> copy.threads = count);
  }

  /** Returns these options with another budget for the cache. */
  public LoadOptions withCacheBytes(long bytes) {
    return with(copy -> copy.cacheBytes = OptionalLong.of(bytes));
  }

  /** Returns these options with or without prefix caching. */
  public LoadOptions withPrefixCaching(boolean on) {
    return with(copy -> copy.prefixCaching = on);
  }

  /** Returns these options with another size of a step. */
  public LoadOptions withMaxBatchedTokens(int tokens) {
    return with(copy -> copy.maxBatchedTokens = tokens);
  }

  /** Returns these options with another number of sequences that run at once. */
  public LoadOptions withMaxSequences(int count) {
    return with(copy -> copy.maxSequences = count);
  }

  /** Returns these options with another length of the queue. */
  public LoadOptions withMaxWaiting(int count) {
    return with(copy -> copy.maxWaiting = count);
  }

  /** Returns these options with or without priorities. */
  public LoadOptions withPriorities(boolean on) {
    return with(copy -> copy.priorities = on);
  }

  /** Returns these options with others for the GPU. */
  public LoadOptions withGpu(GpuOptions options) {
    return with(copy -> copy.gpu = options);
  }

  /** Returns these options with random weights for a shape. */
  public LoadOptions withDummyWeights(ModelConfig config) {
    return with(copy -> copy.dummyWeights = Optional.of(config));
  }

  /** Returns these options with other defaults for requests that don't say how they sample. */
  public LoadOptions withSamplingDefaults(SamplingDefaults defaults) {
    return with(copy -> copy.samplingDefaults = defaults);
  }

  private LoadOptions with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return new LoadOptions(
        copy.maxModelLength,
        copy.threads,
        copy.cacheBytes,
        copy.maxBatchedTokens,
        copy.maxSequences,
        copy.maxWaiting,
        copy.prefixCaching,
        copy.priorities,
        copy.gpu,
        copy.dummyWeights,
        copy.samplingDefaults);
  }

  /** The same, changeable. */
  private static final class Copy {
    private OptionalInt maxModelLength;
    private int threads;
    private OptionalLong cacheBytes;
    private int maxBatchedTokens;
    private int maxSequences;
    private int maxWaiting;
    private boolean prefixCaching;
    private boolean priorities;
    private GpuOptions gpu;
    private Optional<ModelConfig> dummyWeights;
    private SamplingDefaults samplingDefaults;

    Copy(LoadOptions options) {
      maxModelLength = options.maxModelLength;
      threads = options.threads;
      cacheBytes = options.cacheBytes;
      maxBatchedTokens = options.maxBatchedTokens;
      maxSequences = options.maxSequences;
      maxWaiting = options.maxWaiting;
      prefixCaching = options.prefixCaching;
      priorities = options.priorities;
      gpu = options.gpu;
      dummyWeights = options.dummyWeights;
      samplingDefaults = options.samplingDefaults;
    }
  }
}

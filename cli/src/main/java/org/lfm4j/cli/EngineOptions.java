package org.lfm4j.cli;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.lfm4j.LoadOptions;
import picocli.CommandLine.Option;

/** How memory and steps are spent, in vLLM's words. */
@Section("Memory and scheduling")
final class EngineOptions {
  private static final int MOST_THREADS = 1024;
  private static final int MOST_GIGABYTES = 65_536;

  @Option(
      names = "--cpu-cache-gb",
      paramLabel = "GB",
      description =
          "Memory for cached tokens, taken as they come. Default: a quarter of the heap, at most 0.5.")
  private @Nullable Double cacheGigabytes;

  @Option(
      names = "--kv-cache-memory-bytes",
      paramLabel = "N",
      description = "Memory for cached tokens, as for --cpu-cache-gb, but in bytes.")
  private @Nullable Long cacheBytes;

  @Option(
      names = "--max-num-batched-tokens",
      paramLabel = "N",
      description = "Most tokens that one step computes. Default: 512 on a CPU, 8192 on a GPU.")
  private @Nullable Integer maxBatchedTokens;

  @Option(
      names = "--max-num-seqs",
      paramLabel = "N",
      defaultValue = "256",
      description = "Most requests that run at once. Default: 256.")
  private int maxSequences = LoadOptions.DEFAULT.maxSequences();

  @Option(
      names = "--max-num-queued-reqs",
      paramLabel = "N",
      defaultValue = "4096",
      description = "Most requests that wait; further ones get status 429. Default: 4096.")
  private int maxWaiting = LoadOptions.DEFAULT.maxWaiting();

  @Option(
      names = "--enable-prefix-caching",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Reuse what requests with the same beginning have computed. Default: on; --no-enable-prefix-caching turns it off.")
  private boolean prefixCaching = true;

  @Option(
      names = "--scheduling-policy",
      paramLabel = "POLICY",
      defaultValue = "fcfs",
      description =
          "fcfs (first come, first served) or priority (lower values of the request's field first). Default: fcfs.")
  private String policy = "fcfs";

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads that compute. Default: 0, one for each processor.")
  private int threads;

  private OptionalLong cacheBytes() {
    if (cacheBytes != null) {
      return OptionalLong.of(cacheBytes);
    }
    return cacheGigabytes == null
        ? OptionalLong.empty()
        : OptionalLong.of((long) (cacheGigabytes * (1 << 30)));
  }

  /**
   * Returns load options with these settings.
   *
   * @throws CliException if a value makes no sense
   */
  LoadOptions applyTo(LoadOptions options) {
    if (!policy.equals("fcfs") && !policy.equals("priority")) {
      throw new CliException(
          "--scheduling-policy must be fcfs or priority, got %s.".formatted(policy));
    }
    Ranges.require("--threads", threads, 0, MOST_THREADS);
    Ranges.atLeast("--max-num-seqs", maxSequences, 1);
    Ranges.atLeast("--max-num-queued-reqs", maxWaiting, 1);
    if (maxBatchedTokens != null) {
      Ranges.atLeast("--max-num-batched-tokens", maxBatchedTokens, 1);
    }
    if (maxBatchedTokens != null && maxBatchedTokens < maxSequences) {
      throw new CliException(
          "--max-num-batched-tokens must be at least --max-num-seqs, since each running request computes a token in every step: got %d and %d."
              .formatted(maxBatchedTokens, maxSequences));
    }
    if (cacheGigabytes != null && cacheBytes != null) {
      throw new CliException(
          "--cpu-cache-gb and --kv-cache-memory-bytes set the same memory: give one of them, not %s and %d."
              .formatted(cacheGigabytes, cacheBytes));
    }
    if (cacheGigabytes != null && !(cacheGigabytes > 0 && cacheGigabytes <= MOST_GIGABYTES)) {
      throw new CliException(
          "--cpu-cache-gb must be greater than 0 and at most %d, got %s."
              .formatted(MOST_GIGABYTES, cacheGigabytes));
    }
    if (cacheBytes != null && cacheBytes < 1) {
      throw new CliException(
          "--kv-cache-memory-bytes must be at least 1, got %d.".formatted(cacheBytes));
    }
    return new LoadOptions(
        options.maxModelLength(),
        threads,
        cacheBytes(),
        maxBatchedTokens == null ? LoadOptions.DEFAULT.maxBatchedTokens() : maxBatchedTokens,
        maxSequences,
        maxWaiting,
        prefixCaching,
        policy.equals("priority"),
        options.gpu(),
        options.dummyWeights(),
        options.samplingDefaults());
  }
}

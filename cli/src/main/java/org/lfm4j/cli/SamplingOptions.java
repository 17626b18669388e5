package org.lfm4j.cli;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.lfm4j.sampling.SamplingParams;
import picocli.CommandLine.Option;

/** How tokens are chosen; what isn't given comes from the model's generation_config.json. */
final class SamplingOptions {
  @Option(names = "--temperature", paramLabel = "T", description = "0 always takes the likeliest.")
  private @Nullable Double temperature;

  @Option(names = "--top-p", paramLabel = "P", description = "Keep the smallest set this likely.")
  private @Nullable Double topP;

  @Option(names = "--top-k", paramLabel = "K", description = "Keep the K likeliest tokens; 0: all.")
  private @Nullable Integer topK;

  @Option(names = "--min-p", paramLabel = "P", description = "Keep this share of the likeliest.")
  private @Nullable Double minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Above 1 discourages repetition.")
  private @Nullable Double repetitionPenalty;

  @Option(names = "--seed", paramLabel = "N", description = "Makes the answer repeatable.")
  private @Nullable Long seed;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Longest answer. Default: what the context leaves.")
  private @Nullable Integer maxTokens;

  /**
   * Returns what holds for a model with these defaults.
   *
   * @throws IllegalArgumentException naming the value out of range
   */
  SamplingParams over(SamplingParams defaults) {
    return new SamplingParams(
        temperature == null ? defaults.temperature() : temperature,
        topK == null ? defaults.topK() : Math.max(topK, 0),
        topP == null ? defaults.topP() : topP,
        minP == null ? defaults.minP() : minP,
        repetitionPenalty == null ? defaults.repetitionPenalty() : repetitionPenalty,
        seed == null ? defaults.seed() : OptionalLong.of(seed));
  }

  /**
   * Returns the longest answer that is allowed.
   *
   * @throws CliException if it is less than one token
   */
  int maxTokens() {
    if (maxTokens == null) {
      return Integer.MAX_VALUE;
    }
    if (maxTokens < 1) {
      throw new CliException("--max-tokens must be at least 1, got " + maxTokens + ".");
    }
    return maxTokens;
  }
}

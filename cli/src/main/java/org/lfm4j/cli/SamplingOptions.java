package org.lfm4j.cli;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.lfm4j.sampling.SamplingParams;
import picocli.CommandLine.Option;

/** How tokens are chosen; what isn't given comes from the model's generation_config.json. */
final class SamplingOptions {
  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Randomness, 0 to 2; 0 always takes the likeliest token.")
  private @Nullable Double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Choose among the likeliest tokens that together reach this probability, above 0 to 1; 1: all.")
  private @Nullable Double topP;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Choose among the K likeliest tokens; 0: all.")
  private @Nullable Integer topK;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description =
          "Choose among tokens at least this share as likely as the likeliest, 0 to 1; 0: all.")
  private @Nullable Double minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Tokens that occurred become less likely above 1, likelier below; 1: off.")
  private @Nullable Double repetitionPenalty;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Start of the random numbers: the same seed gives the same answer.")
  private @Nullable Long seed;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Most tokens of the answer. Default: what the context length leaves.")
  private @Nullable Integer maxTokens;

  /**
   * Returns what holds for a model with these defaults.
   *
   * @throws IllegalArgumentException naming the value out of range
   */
  SamplingParams over(SamplingParams defaults) {
    return SamplingParams.of(
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
    return Ranges.atLeast("--max-tokens", maxTokens, 1);
  }
}

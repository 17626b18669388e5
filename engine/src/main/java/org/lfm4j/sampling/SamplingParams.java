package org.lfm4j.sampling;

import java.util.OptionalLong;

/**
 * How one request chooses tokens. Applied in vLLM's order: repetition penalty, temperature, min-p,
 * top-k, top-p.
 *
 * @param temperature 0 is greedy
 * @param topK keep the k most likely; 0 keeps all
 * @param topP keep the smallest set whose probability reaches this; 1 keeps all
 * @param minP keep tokens at least this likely relative to the most likely; 0 keeps all
 * @param repetitionPenalty Hugging Face kind, over prompt and output; 1 is none
 * @param seed makes the choice repeatable
 */
public record SamplingParams(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    OptionalLong seed) {

  /** Greedy decoding. */
  public static final SamplingParams GREEDY =
      new SamplingParams(0, 0, 1, 0, 1, OptionalLong.empty());

  /**
   * Checks ranges.
   *
   * @throws IllegalArgumentException naming the parameter, its value and its range
   */
  public SamplingParams {
    require(temperature >= 0 && temperature <= 2, "temperature", temperature, "in [0, 2]");
    require(topK >= 0, "top_k", topK, "at least 0 (0 keeps all tokens)");
    require(topP > 0 && topP <= 1, "top_p", topP, "in (0, 1]");
    require(minP >= 0 && minP <= 1, "min_p", minP, "in [0, 1]");
    require(repetitionPenalty > 0, "repetition_penalty", repetitionPenalty, "greater than 0");
  }

  private static void require(boolean ok, String name, Number value, String range) {
    if (!ok) {
      throw new IllegalArgumentException("%s must be %s, got %s".formatted(name, range, value));
    }
  }
}

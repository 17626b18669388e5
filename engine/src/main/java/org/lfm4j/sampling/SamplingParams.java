package org.lfm4j.sampling;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How one request chooses tokens. Names, ranges and order are vLLM's: allowed ids, bad words,
 * minimum length, bias, penalties, temperature, min-p, top-k, top-p. Greedy decoding ends after the
 * penalties.
 *
 * @param temperature divides the logits, in [0, 2] as OpenAI documents and vLLM checks; 0 is greedy
 * @param topK keep the k most likely, and those that tie with the last of them; 0 (or -1) keeps all
 * @param topP keep the smallest set whose probability reaches this; 1 keeps all
 * @param minP keep tokens at least this likely relative to the most likely; 0 keeps all
 * @param repetitionPenalty greater than 0, over the distinct tokens of prompt and output; 1 is none
 * @param frequencyPenalty in [-2, 2], for each time a token is in the output; 0 is none
 * @param presencePenalty in [-2, 2], once for a token that is in the output; 0 is none
 * @param seed makes the choice repeatable
 * @param logitBias added to the logits of these ids; beyond 100 it counts as 100, as in vLLM
 * @param allowedTokenIds the only ids that may be chosen; empty allows all
 * @param badWords sequences of ids that may not be completed; prompt and output count as beginnings
 * @param minTokens how many tokens must come before one that stops the sequence
 * @param logprobs how many of the most likely tokens to report with each chosen one, in [0, 20] or
 *     {@link #ALL}; empty reports none
 * @param promptLogprobs the same for the tokens of the prompt
 */
public record SamplingParams(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    double frequencyPenalty,
    double presencePenalty,
    OptionalLong seed,
    Map<Integer, Float> logitBias,
    Optional<Set<Integer>> allowedTokenIds,
    List<List<Integer>> badWords,
    int minTokens,
    OptionalInt logprobs,
    OptionalInt promptLogprobs) {

  /** Asks for the log-probabilities of the whole vocabulary. */
  public static final int ALL = -1;

  /** Greedy decoding. */
  public static final SamplingParams GREEDY = builder().temperature(0).build();

  /** Most alternatives that can be asked for, besides {@link #ALL}. */
  public static final int MAX_LOGPROBS = 20;

  private static final float MAX_BIAS = 100;
  private static final double MIN_PENALTY = 1e-6;
  private static final double MAX_PENALTY = 1e6;

  /**
   * Checks ranges and copies collections.
   *
   * @throws IllegalArgumentException naming the parameter, its value and its range
   */
  public SamplingParams {
    topK = topK == -1 ? 0 : topK;
    require(temperature >= 0 && temperature <= 2, "temperature", temperature, "in [0, 2]");
    require(topK >= 0, "top_k", topK, "at least 1, or 0 to keep all tokens");
    require(topP > 0 && topP <= 1, "top_p", topP, "in (0, 1]");
    require(minP >= 0 && minP <= 1, "min_p", minP, "in [0, 1]");
    require(repetitionPenalty > 0, "repetition_penalty", repetitionPenalty, "greater than 0");
    // Beyond these a penalised logit may no longer be finite.
    require(
        repetitionPenalty >= MIN_PENALTY && repetitionPenalty <= MAX_PENALTY,
        "repetition_penalty",
        repetitionPenalty,
        "in [1e-6, 1e6]");
    require(Math.abs(frequencyPenalty) <= 2, "frequency_penalty", frequencyPenalty, "in [-2, 2]");
    require(Math.abs(presencePenalty) <= 2, "presence_penalty", presencePenalty, "in [-2, 2]");
    require(minTokens >= 0, "min_tokens", minTokens, "at least 0");
    requireCount(logprobs, "logprobs");
    requireCount(promptLogprobs, "prompt_logprobs");
    logitBias = clamped(logitBias);
    allowedTokenIds = allowedTokenIds.map(ids -> Collections.unmodifiableSet(new TreeSet<>(ids)));
    badWords = badWords.stream().map(List::copyOf).toList();
    require(
        !allowedTokenIds.equals(Optional.of(Set.of())),
        "allowed_token_ids",
        "an empty list",
        "left out or name at least one id");
    require(
        badWords.stream().noneMatch(List::isEmpty), "bad_words", badWords, "words of some tokens");
  }

  /** Starts from no filter and no penalty at temperature 1. */
  public static SamplingParamsBuilder builder() {
    return new SamplingParamsBuilder();
  }

  /** Makes parameters from the settings that model cards give. */
  public static SamplingParams of(
      double temperature,
      int topK,
      double topP,
      double minP,
      double repetitionPenalty,
      OptionalLong seed) {
    SamplingParamsBuilder builder =
        builder()
            .temperature(temperature)
            .topK(topK)
            .topP(topP)
            .minP(minP)
            .repetitionPenalty(repetitionPenalty);
    seed.ifPresent(builder::seed);
    return builder.build();
  }

  /** Starts from these parameters. */
  public SamplingParamsBuilder toBuilder() {
    return new SamplingParamsBuilder(this);
  }

  /**
   * Returns the parameters of sample {@code i} of {@code n}: a seed becomes another one that
   * depends on it and on {@code i}, so that samples differ; the first keeps it.
   */
  public SamplingParams forSample(int i) {
    return i == 0 || seed.isEmpty()
        ? this
        : toBuilder().seed(derivedSeed(seed.getAsLong(), i)).build();
  }

  /**
   * Checks that every token id is one of the model's.
   *
   * @throws IllegalArgumentException naming the parameter and the id
   */
  public void requireVocabulary(int vocabSize) {
    requireIds(logitBias.keySet(), "logit_bias", vocabSize);
    allowedTokenIds.ifPresent(ids -> requireIds(ids, "allowed_token_ids", vocabSize));
    badWords.forEach(word -> requireIds(word, "bad_words", vocabSize));
  }

  private static void requireIds(Collection<Integer> ids, String name, int vocabSize) {
    for (int id : ids) {
      require(id >= 0 && id < vocabSize, name, id, "of token ids in [0, " + vocabSize + ")");
    }
  }

  private static Map<Integer, Float> clamped(Map<Integer, Float> bias) {
    Map<Integer, Float> sorted = new TreeMap<>();
    bias.forEach((id, value) -> {
      require(!value.isNaN(), "logit_bias", value, "a number for token " + id);
      sorted.put(id, Math.clamp(value, -MAX_BIAS, MAX_BIAS));
    });
    return Collections.unmodifiableMap(sorted);
  }

  /** Hashed, since the generator's streams of neighbouring seeds must not overlap. */
  private static long derivedSeed(long seed, int i) {
    long z = seed + i * 0xd1342543de82ef95L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  private static void requireCount(OptionalInt count, String name) {
    int value = count.orElse(0);
    require(
        value == ALL || (value >= 0 && value <= MAX_LOGPROBS),
        name,
        value,
        "in [0, 20], or -1 for the whole vocabulary");
  }

  private static void require(boolean ok, String name, Object value, String range) {
    if (!ok) {
      throw new IllegalArgumentException("%s must be %s, got %s".formatted(name, range, value));
    }
  }
}

package org.lfm4j.sampling;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Collects {@link SamplingParams}, where the components are described. Not thread-safe. */
public final class SamplingParamsBuilder {
  private double temperature = 1;
  private int topK;
  private double topP = 1;
  private double minP;
  private double repetitionPenalty = 1;
  private double frequencyPenalty;
  private double presencePenalty;
  private OptionalLong seed = OptionalLong.empty();
  private Map<Integer, Float> logitBias = Map.of();
  private Optional<Set<Integer>> allowedTokenIds = Optional.empty();
  private List<List<Integer>> badWords = List.of();
  private int minTokens;
  private OptionalInt logprobs = OptionalInt.empty();
  private OptionalInt promptLogprobs = OptionalInt.empty();

  SamplingParamsBuilder() {}

  SamplingParamsBuilder(SamplingParams params) {
    temperature = params.temperature();
    topK = params.topK();
    topP = params.topP();
    minP = params.minP();
    repetitionPenalty = params.repetitionPenalty();
    frequencyPenalty = params.frequencyPenalty();
    presencePenalty = params.presencePenalty();
    seed = params.seed();
    logitBias = params.logitBias();
    allowedTokenIds = params.allowedTokenIds();
    badWords = params.badWords();
    minTokens = params.minTokens();
    logprobs = params.logprobs();
    promptLogprobs = params.promptLogprobs();
  }

  /** Sets the temperature. */
  public SamplingParamsBuilder temperature(double value) {
    temperature = value;
    return this;
  }

  /** Sets top-k. */
  public SamplingParamsBuilder topK(int value) {
    topK = value;
    return this;
  }

  /** Sets top-p. */
  public SamplingParamsBuilder topP(double value) {
    topP = value;
    return this;
  }

  /** Sets min-p. */
  public SamplingParamsBuilder minP(double value) {
    minP = value;
    return this;
  }

  /** Sets the repetition penalty. */
  public SamplingParamsBuilder repetitionPenalty(double value) {
    repetitionPenalty = value;
    return this;
  }

  /** Sets the frequency penalty. */
  public SamplingParamsBuilder frequencyPenalty(double value) {
    frequencyPenalty = value;
    return this;
  }

  /** Sets the presence penalty. */
  public SamplingParamsBuilder presencePenalty(double value) {
    presencePenalty = value;
    return this;
  }

  /** Sets the seed. */
  public SamplingParamsBuilder seed(long value) {
    seed = OptionalLong.of(value);
    return this;
  }

  /** Sets the bias of token ids. */
  public SamplingParamsBuilder logitBias(Map<Integer, Float> value) {
    logitBias = value;
    return this;
  }

  /** Allows these ids only. */
  public SamplingParamsBuilder allowedTokenIds(Set<Integer> value) {
    allowedTokenIds = Optional.of(value);
    return this;
  }

  /** Sets the token sequences that may not be completed. */
  public SamplingParamsBuilder badWords(List<List<Integer>> value) {
    badWords = value;
    return this;
  }

  /** Sets the minimum length of the output. */
  public SamplingParamsBuilder minTokens(int value) {
    minTokens = value;
    return this;
  }

  /** Asks for log-probabilities of the output. */
  public SamplingParamsBuilder logprobs(int value) {
    logprobs = OptionalInt.of(value);
    return this;
  }

  /** Asks for log-probabilities of the prompt. */
  public SamplingParamsBuilder promptLogprobs(int value) {
    promptLogprobs = OptionalInt.of(value);
    return this;
  }

  /**
   * Makes the parameters.
   *
   * @throws IllegalArgumentException naming the parameter, its value and its range
   */
  public SamplingParams build() {
    return new SamplingParams(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        frequencyPenalty,
        presencePenalty,
        seed,
        logitBias,
        allowedTokenIds,
        badWords,
        minTokens,
        logprobs,
        promptLogprobs);
  }
}

package org.lfm4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SamplingParamsTest {
  private static Arguments bad(String name, UnaryOperator<SamplingParamsBuilder> change) {
    return Arguments.of(name, change);
  }

  static Stream<Arguments> outOfRange() {
    return Stream.of(
        bad("temperature", b -> b.temperature(-0.1)),
        bad("temperature", b -> b.temperature(2.1)),
        bad("temperature", b -> b.temperature(Double.NaN)),
        bad("top_k", b -> b.topK(-2)),
        bad("top_p", b -> b.topP(0)),
        bad("top_p", b -> b.topP(1.5)),
        bad("min_p", b -> b.minP(1.1)),
        bad("repetition_penalty", b -> b.repetitionPenalty(0)),
        bad("repetition_penalty", b -> b.repetitionPenalty(5e-324)),
        bad("repetition_penalty", b -> b.repetitionPenalty(Double.POSITIVE_INFINITY)),
        bad("frequency_penalty", b -> b.frequencyPenalty(2.1)),
        bad("presence_penalty", b -> b.presencePenalty(Double.NaN)),
        bad("min_tokens", b -> b.minTokens(-1)),
        bad("logprobs", b -> b.logprobs(21)),
        bad("prompt_logprobs", b -> b.promptLogprobs(-2)),
        bad("logit_bias", b -> b.logitBias(Map.of(3, Float.NaN))),
        bad("allowed_token_ids", b -> b.allowedTokenIds(Set.of())),
        bad("bad_words", b -> b.badWords(List.of(List.of(1), List.of()))));
  }

  @ParameterizedTest
  @MethodSource("outOfRange")
  void outOfRangeParametersAreNamed(String name, UnaryOperator<SamplingParamsBuilder> change) {
    assertThatThrownBy(() -> change.apply(SamplingParams.builder()).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name + " must be ");
  }

  static Stream<Arguments> outOfVocabulary() {
    return Stream.of(
        bad("logit_bias", b -> b.logitBias(Map.of(10, 1f))),
        bad("allowed_token_ids", b -> b.allowedTokenIds(Set.of(1, -1))),
        bad("bad_words", b -> b.badWords(List.of(List.of(1, 10)))));
  }

  @ParameterizedTest
  @MethodSource("outOfVocabulary")
  void idsOutsideTheVocabularyAreNamed(String name, UnaryOperator<SamplingParamsBuilder> change) {
    SamplingParams params = change.apply(SamplingParams.builder()).build();

    assertThatThrownBy(() -> new Sampler(params, 10, Set.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name + " must be ");
  }

  @Test
  void collectionsAreCopied() {
    Map<Integer, Float> bias = new HashMap<>(Map.of(1, 2f));
    List<List<Integer>> badWords = new ArrayList<>(List.of(new ArrayList<>(List.of(4))));
    SamplingParams params = SamplingParams.builder().logitBias(bias).badWords(badWords).build();
    bias.put(2, 3f);
    badWords.getFirst().add(5);

    assertThat(params.logitBias()).isEqualTo(Map.of(1, 2f));
    assertThat(params.badWords()).containsExactly(List.of(4));
  }

  @Test
  void aBuilderStartsFromAllOfTheParameters() {
    SamplingParams params =
        SamplingParams.builder()
            .temperature(0.1)
            .topK(50)
            .topP(0.9)
            .minP(0.15)
            .repetitionPenalty(1.05)
            .frequencyPenalty(0.5)
            .presencePenalty(-0.5)
            .seed(1)
            .logitBias(Map.of(1, 2f))
            .allowedTokenIds(Set.of(1, 2))
            .badWords(List.of(List.of(4)))
            .minTokens(3)
            .logprobs(20)
            .promptLogprobs(SamplingParams.ALL)
            .build();

    assertThat(params.toBuilder().build()).isEqualTo(params);
    assertThat(SamplingParams.of(0.1, 50, 0.9, 0.15, 1.05, OptionalLong.of(1)))
        .isEqualTo(
            SamplingParams.builder()
                .temperature(0.1)
                .topK(50)
                .topP(0.9)
                .minP(0.15)
                .repetitionPenalty(1.05)
                .seed(1)
                .build());
  }

  @Test
  void valuesThatVllmAcceptsQuietlyAreAccepted() {
    assertThat(SamplingParams.builder().topK(-1).build().topK()).isZero();
    assertThat(SamplingParams.builder().logitBias(Map.of(1, -1e9f)).build().logitBias())
        .isEqualTo(Map.of(1, -100f));
  }
}

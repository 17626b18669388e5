package org.lfm4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
  private static final int DRAWS = 20_000;

  /** Probabilities 0.4, 0.3, 0.2, 0.1 for ids 0 to 3 at temperature 1. */
  private static float[] logits() {
    return new float[] {
      (float) Math.log(0.4), (float) Math.log(0.3), (float) Math.log(0.2), (float) Math.log(0.1)
    };
  }

  private static SamplingParamsBuilder params(
      double temperature, int topK, double topP, double minP) {
    return SamplingParams.builder()
        .temperature(temperature)
        .topK(topK)
        .topP(topP)
        .minP(minP)
        .seed(7);
  }

  private static Sampler sampler(SamplingParams params) {
    return new Sampler(params, 4, Set.of());
  }

  @Test
  void greedyTakesTheLargestLogitAndTheLowerIdOnTies() {
    Sampler sampler = sampler(SamplingParams.GREEDY);

    assertThat(sampler.sample(new float[] {1, 3, 3, 2}, 0)).isEqualTo(1);
    assertThat(sampler.sample(new float[] {Float.NEGATIVE_INFINITY, -3, -2, -2}, 0)).isEqualTo(2);
  }

  // Four standard errors of a frequency over 20,000 draws are at most 0.0142.
  @ParameterizedTest
  @CsvSource({
    // temperature, topK, topP, minP, expected
    "1,   0, 1,    0,    0.4    0.3    0.2    0.1",
    "0.5, 0, 1,    0,    0.5333 0.3    0.1333 0.0333",
    "1,   2, 1,    0,    0.5714 0.4286 0      0",
    "1,   0, 0.69, 0,    0.5714 0.4286 0      0",
    "1,   0, 0.71, 0,    0.4444 0.3333 0.2222 0",
    "1,   3, 0.77, 0,    0.5714 0.4286 0      0",
    "1,   0, 1,    0.45, 0.4444 0.3333 0.2222 0",
    "1,   0, 0.78, 0.45, 0.4444 0.3333 0.2222 0",
    "1,   1, 1,    0,    1      0      0      0",
    "2,   9, 1,    0,    0.3255 0.2818 0.2301 0.1627",
  })
  void drawsFromTheFilteredDistribution(
      double temperature, int topK, double topP, double minP, String expected) {
    Sampler sampler = sampler(params(temperature, topK, topP, minP).build());
    double[] frequencies = new double[4];
    for (int i = 0; i < DRAWS; i++) {
      frequencies[sampler.sample(logits(), 0)] += 1.0 / DRAWS;
    }

    String[] wanted = expected.trim().split("\\s+");
    for (int id = 0; id < 4; id++) {
      double probability = Double.parseDouble(wanted[id]);
      if (probability == 0) {
        assertThat(frequencies[id]).as("id %d", id).isZero();
      } else {
        assertThat(frequencies[id]).as("id %d", id).isCloseTo(probability, Offset.offset(0.0142));
      }
    }
  }

  // Over several blocks of the vocabulary, against the softmax written down plainly.
  @ParameterizedTest
  @ValueSource(doubles = {0.7, 1, 2})
  void drawsFromALargeVocabularyPassTheChiSquareTest(double temperature) {
    int vocabSize = 400;
    SplittableRandom random = new SplittableRandom(3);
    float[] row = new float[vocabSize];
    double total = 0;
    for (int id = 0; id < vocabSize; id++) {
      row[id] = (float) random.nextDouble(-1, 1);
      total += Math.exp(row[id] / temperature);
    }
    SamplingParams params = params(temperature, 0, 1, 0).build();
    Sampler sampler = new Sampler(params, vocabSize, Set.of());
    int draws = 20_000;
    int[] counts = new int[vocabSize];
    for (int i = 0; i < draws; i++) {
      counts[sampler.sample(row, 0)]++;
    }

    double chiSquare = 0;
    for (int id = 0; id < vocabSize; id++) {
      double expected = draws * Math.exp(row[id] / temperature) / total;
      chiSquare += Math.pow(counts[id] - expected, 2) / expected;
    }
    // Mean of the chi-square distribution, and four of its standard deviations.
    int freedom = vocabSize - 1;
    assertThat(chiSquare).isCloseTo(freedom, Offset.offset(4 * Math.sqrt(2.0 * freedom)));
  }

  @Test
  void aSeedGivesTheSameTokensAndAnotherSampleOthers() {
    SamplingParams params = params(1, 0, 0.95, 0).build();

    assertThat(tokens(params)).isEqualTo(tokens(params.forSample(0)));
    assertThat(tokens(params)).isNotEqualTo(tokens(params.forSample(1)));
    assertThat(tokens(params.forSample(1))).isEqualTo(tokens(params.forSample(1)));
    assertThat(tokens(params.forSample(1))).isNotEqualTo(tokens(params.forSample(2)));
    assertThat(SamplingParams.builder().build().forSample(3))
        .isEqualTo(SamplingParams.builder().build());
  }

  private static List<Integer> tokens(SamplingParams params) {
    Sampler sampler = sampler(params);
    return IntStream.range(0, 60).mapToObj(i -> sampler.sample(logits(), 0)).toList();
  }

  @Test
  void penaltiesCountOutputAndRepetitionMindsPromptToo() {
    SamplingParams params =
        SamplingParams.builder()
            .temperature(0)
            .repetitionPenalty(2)
            .frequencyPenalty(0.5)
            .presencePenalty(0.25)
            .build();
    Sampler sampler = sampler(params);
    sampler.observePrompt(new int[] {0, 0, 3});
    sampler.observe(3);
    sampler.observe(3);
    sampler.observe(1);
    float[] logits = {4, 1.5f, 1, -2};

    assertThat(sampler.sample(logits, 0)).isZero();
    assertThat(logits).containsExactly(2, 0, 1, -5.25f);
  }

  @Test
  void stopTokensWaitForTheMinimumLength() {
    SamplingParams params = SamplingParams.builder().temperature(0).minTokens(2).build();
    Sampler sampler = new Sampler(params, 4, Set.of(1, 3, 1_000_000));
    sampler.observePrompt(new int[] {2, 2, 2});

    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0)).isEqualTo(2);
    sampler.observe(2);
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0)).isEqualTo(2);
    sampler.observe(2);
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0)).isEqualTo(1);
  }

  @Test
  void aBadWordThatThePromptBeganIsNotCompleted() {
    SamplingParams params =
        SamplingParams.builder().temperature(0).badWords(List.of(List.of(2, 0, 1))).build();
    Sampler sampler = sampler(params);

    sampler.observe(0);
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0)).isEqualTo(1);
    sampler.observePrompt(new int[] {3, 2});
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0)).isEqualTo(1);
    sampler.observe(0);
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0)).isEqualTo(3);
    sampler.observe(3);
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0)).isEqualTo(1);
  }

  @Test
  void biasFavoursButCannotAllowWhatIsForbidden() {
    SamplingParams params =
        SamplingParams.builder()
            .temperature(0)
            .allowedTokenIds(Set.of(0, 2))
            .logitBias(Map.of(2, 1.5f, 3, 1e9f))
            .build();

    assertThat(sampler(params).sample(new float[] {2, 9, 1, 8}, 0)).isEqualTo(2);
  }

  @Test
  void tokensAreDrawnAmongEqualsAlone() {
    float[] equal = new float[1000];
    Sampler sampler = new Sampler(params(1, 0, 0.25, 0).build(), 1000, Set.of());

    double[] probabilities = sampler.probabilities(equal, 0);

    assertThat(Arrays.stream(probabilities, 0, 250)).allMatch(p -> Math.abs(p - 0.004) < 1e-12);
    assertThat(Arrays.stream(probabilities, 250, 1000)).containsOnly(0.0);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1})
  void brokenLogitsAreRefused(double temperature) {
    Sampler sampler = sampler(params(temperature, 0, 1, 0).build());

    assertThatThrownBy(() -> sampler.sample(new float[] {1, 2, Float.NaN, 3}, 0))
        .isInstanceOf(SamplingException.class)
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> sampler.sample(new float[] {1, 2, Float.POSITIVE_INFINITY, 3}, 0))
        .isInstanceOf(SamplingException.class)
        .hasMessageContaining("infinite");
  }

  @Test
  void aRequestThatForbidsEverythingIsTold() {
    SamplingParams params =
        SamplingParams.builder().allowedTokenIds(Set.of(1)).badWords(List.of(List.of(1))).build();

    assertThatThrownBy(() -> sampler(params).sample(logits(), 0))
        .isInstanceOf(SamplingException.class)
        .hasMessageContaining("allowed_token_ids");
  }
}

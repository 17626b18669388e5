package org.lfm4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerTest {
  private static final int DRAWS = 20_000;

  /** Probabilities 0.4, 0.3, 0.2, 0.1 for ids 0 to 3 at temperature 1. */
  private static float[] logits() {
    return new float[] {
      (float) Math.log(0.4), (float) Math.log(0.3), (float) Math.log(0.2), (float) Math.log(0.1)
    };
  }

  private static SamplingParams params(double temperature, int topK, double topP, double minP) {
    return new SamplingParams(temperature, topK, topP, minP, 1, OptionalLong.of(7));
  }

  private static double[] frequencies(SamplingParams params) {
    Sampler sampler = new Sampler(params, 4);
    double[] counts = new double[4];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampler.sample(logits())] += 1.0 / DRAWS;
    }
    return counts;
  }

  @Test
  void greedyTakesTheLargestLogitAndTheLowerIdOnTies() {
    Sampler sampler = new Sampler(SamplingParams.GREEDY, 4);

    assertThat(sampler.sample(new float[] {1, 3, 3, 2})).isEqualTo(1);
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
    "1,   1, 1,    0,    1      0      0      0",
  })
  void drawsFromTheFilteredDistribution(
      double temperature, int topK, double topP, double minP, String expected) {
    double[] frequencies = frequencies(params(temperature, topK, topP, minP));

    String[] wanted = expected.trim().split("\\s+");
    for (int id = 0; id < 4; id++) {
      double probability = Double.parseDouble(wanted[id]);
      if (probability == 0) {
        assertThat(frequencies[id]).as("id %d", id).isZero();
      } else {
        assertThat(frequencies[id])
            .as("id %d", id)
            .isCloseTo(probability, org.assertj.core.data.Offset.offset(0.0142));
      }
    }
  }

  @Test
  void aSeedGivesTheSameTokens() {
    Sampler one = new Sampler(params(1, 0, 0.9, 0), 4);
    Sampler two = new Sampler(params(1, 0, 0.9, 0), 4);

    for (int i = 0; i < 100; i++) {
      assertThat(one.sample(logits())).isEqualTo(two.sample(logits()));
    }
  }

  @Test
  void repetitionPenaltyPushesSeenTokensDownWhateverTheirSign() {
    Sampler sampler = new Sampler(new SamplingParams(0, 0, 1, 0, 2, OptionalLong.empty()), 4);
    sampler.observe(0);
    sampler.observe(0);
    sampler.observe(3);
    float[] logits = {4, 1.5f, 1, -2};

    assertThat(sampler.sample(logits)).isZero();
    assertThat(logits).containsExactly(2, 1.5f, 1, -4);
  }

  @ParameterizedTest
  @CsvSource({
    "-0.1, 0, 1,   0,   temperature",
    "1,   -1, 1,   0,   top_k",
    "1,    0, 0,   0,   top_p",
    "1,    0, 1.5, 0,   top_p",
    "1,    0, 1,   1.1, min_p",
    "NaN,  0, 1,   0,   temperature",
  })
  void outOfRangeParametersAreNamed(
      double temperature, int topK, double topP, double minP, String name) {
    assertThatThrownBy(() -> params(temperature, topK, topP, minP))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name);
  }
}

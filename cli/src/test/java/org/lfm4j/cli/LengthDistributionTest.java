package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.IntSummaryStatistics;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LengthDistributionTest {
  private static final int DRAWS = 20_000;

  /** The seed is fixed, so the means are too: the tolerances are four standard errors. */
  @ParameterizedTest
  @CsvSource({
    "128, 128, 128, 128, 0",
    "uniform:64:256, 64, 256, 160, 1.6",
    "normal:128:32, 32, 224, 128, 0.9",
    "uniform:5:5, 5, 5, 5, 0",
    "normal:1:1, 1, 4, 1.38, 0.02"
  })
  void drawsLieInRangeAroundTheMean(
      String text, int shortest, int longest, double mean, double tolerance) {
    LengthDistribution lengths = LengthDistribution.parse(text);
    SplittableRandom random = new SplittableRandom(1);
    IntSummaryStatistics drawn =
        IntStream.generate(() -> lengths.sample(random)).limit(DRAWS).summaryStatistics();
    assertThat(drawn.getMin()).isBetween(shortest, shortest + 8);
    assertThat(drawn.getMax()).isBetween(longest - 8, longest);
    assertThat(drawn.getAverage()).isBetween(mean - tolerance, mean + tolerance);
    assertThat(lengths.longest()).isEqualTo(longest);
    assertThat(lengths).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-1", "0", "uniform:0:4", "uniform:9:4", "normal:8", "poisson:1:2", "1e3"})
  void otherTextsAreRefused(String text) {
    assertThatThrownBy(() -> LengthDistribution.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void theSameSeedDrawsTheSame() {
    LengthDistribution lengths = LengthDistribution.parse("normal:100:50");
    assertThat(lengths.sample(new SplittableRandom(3)))
        .isEqualTo(lengths.sample(new SplittableRandom(3)));
  }
}

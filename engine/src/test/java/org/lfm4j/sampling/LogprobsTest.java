package org.lfm4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogprobsTest {
  private static final float MINUS_INFINITY = Float.NEGATIVE_INFINITY;

  @Test
  void probabilitiesOfARowInsideALargerArray() {
    float[] logits = {99, 99, (float) Math.log(2), (float) Math.log(5), (float) Math.log(3), 99};

    TokenLogprobs logprobs = Logprobs.of(logits, 2, 3, 2, 2);

    assertThat(logprobs.token()).isEqualTo(2);
    assertThat(Math.exp(logprobs.logprob())).isCloseTo(0.3, Offset.offset(1e-6));
    assertThat(logprobs.rank()).isEqualTo(2);
    assertThat(logprobs.topIds()).containsExactly(1, 2);
    assertThat(Math.exp(logprobs.topLogprobs()[0])).isCloseTo(0.5, Offset.offset(1e-6));
  }

  // Neither too large nor too small for an exponential.
  @ParameterizedTest
  @ValueSource(floats = {-1000, 0, 1000})
  void onlyDifferencesOfLogitsCount(float shift) {
    float[] logits = {shift + 1, shift, shift + 1, MINUS_INFINITY};

    TokenLogprobs logprobs = Logprobs.of(logits, 0, 4, 3, SamplingParams.ALL);

    double logTotal = Math.log(2 * Math.E + 1);
    assertThat(logprobs.topIds()).containsExactly(0, 2, 1, 3);
    assertThat(logprobs.topLogprobs()[0]).isCloseTo((float) (1 - logTotal), Offset.offset(1e-4f));
    assertThat(logprobs.topLogprobs()[2]).isCloseTo((float) -logTotal, Offset.offset(1e-4f));
    assertThat(logprobs.logprob()).isEqualTo(MINUS_INFINITY);
    assertThat(logprobs.rank()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 20, 500, SamplingParams.ALL})
  void theMostLikelyComeFirstAndEqualsInTheOrderOfTheirIds(int top) {
    int vocabSize = 500;
    SplittableRandom random = new SplittableRandom(11);
    float[] logits = new float[vocabSize];
    for (int id = 0; id < vocabSize; id++) {
      logits[id] = random.nextInt(-50, 50) / 8f * (id % 2 == 0 ? 1 : -1);
    }
    int[] sorted =
        IntStream.range(0, vocabSize)
            .boxed()
            .sorted(Comparator.<Integer>comparingDouble(id -> 0.0 - logits[id]))
            .mapToInt(Integer::intValue)
            .toArray();

    TokenLogprobs logprobs = Logprobs.of(logits, 0, vocabSize, sorted[42], top);

    int count = top == SamplingParams.ALL ? vocabSize : top;
    assertThat(logprobs.topIds()).isEqualTo(Arrays.copyOf(sorted, count));
    assertThat(logprobs.topLogprobs()).hasSize(count);
    assertThat(logprobs.rank()).isEqualTo(43);
  }

  @Test
  void aTopLargerThanTheVocabularyIsAllOfIt() {
    assertThat(Logprobs.of(new float[] {1, 2}, 0, 2, 0, 20).topIds()).containsExactly(1, 0);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void brokenLogitsAreRefused(float broken) {
    assertThatThrownBy(() -> Logprobs.of(new float[] {1, broken, 2}, 0, 3, 0, 1))
        .isInstanceOf(SamplingException.class)
        .hasMessageContaining(Float.toString(broken));
  }
}

package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfm4j.tensor.DType;

class AmxKernelsTest {
  private static final int MOST_ROWS = 75;

  @BeforeEach
  void needsThoseInstructions() {
    assumeTrue(AmxKernels.AVAILABLE, "no AMX here, or built without a C compiler");
  }

  private static FloatMatrix matrix(float[] weights, int rows, int columns) {
    return FloatMatrix.of(Numbers.tensor(weights, rows, columns, DType.BF16), Arena.ofAuto());
  }

  private static SplitRows split(float[] x, int count, int columns) {
    return Numbers.activations(x, count, columns).splits;
  }

  /** Parts keep all bits of an activation: the bound is that of sums of FP32 products. */
  @Test
  void everyOutputIsNearTheExactSum() {
    for (int columns : new int[] {32, 64, 96, 256, 320, 1024, 4608}) {
      float[] weights = Numbers.random(MOST_ROWS * columns, 1);
      float[] x = Numbers.random(40 * columns, 2);
      FloatMatrix w = matrix(weights, MOST_ROWS, columns);
      for (int count : new int[] {1, 2, 8, 9, 16, 17, 40}) {
        float[] out = new float[count * MOST_ROWS];
        SplitRows split = split(x, count, columns);
        AmxKernels.rows(w, 0, MOST_ROWS, split, 0, count, out, 0, MOST_ROWS, false);
        for (int t = 0; t < count; t++) {
          for (int r = 0; r < MOST_ROWS; r++) {
            double sum = 0;
            double magnitudes = 0;
            for (int k = 0; k < columns; k++) {
              float stored = Numbers.stored(weights[r * columns + k], DType.BF16);
              double product = (double) stored * x[t * columns + k];
              sum += product;
              magnitudes += Math.abs(product);
            }
            assertThat((double) out[t * MOST_ROWS + r])
                .as("%d columns, token %d of %d, row %d", columns, t, count, r)
                .isCloseTo(sum, within((columns + 4) * Numbers.UNIT * magnitudes));
          }
        }
      }
    }
  }

  @Test
  void bitsDependNeitherOnHowManyTokensThereAreNorOnWhichRowsAreAsked() {
    for (int columns : new int[] {32, 256, 1056}) {
      float[] x = Numbers.random(40 * columns, 2);
      FloatMatrix w = matrix(Numbers.random(MOST_ROWS * columns, 1), MOST_ROWS, columns);
      float[] all = new float[40 * MOST_ROWS];
      SplitRows split = split(x, 40, columns);
      AmxKernels.rows(w, 0, MOST_ROWS, split, 0, 40, all, 0, MOST_ROWS, false);
      for (int count = 1; count < 40; count++) {
        // The last tokens, so that each comes to lie in every place of a group.
        int first = 40 - count;
        float[] some = Arrays.copyOfRange(x, first * columns, 40 * columns);
        SplitRows part = split(some, count, columns);
        for (int from = 0; from < MOST_ROWS; from += 13) {
          for (int to : new int[] {from + 1, Math.min(from + 33, MOST_ROWS), MOST_ROWS}) {
            float[] expected = Numbers.random(count * MOST_ROWS, 3);
            float[] actual = expected.clone();
            for (int t = 0; t < count; t++) {
              int row = (first + t) * MOST_ROWS;
              System.arraycopy(all, row + from, expected, t * MOST_ROWS + from, to - from);
            }
            AmxKernels.rows(w, from, to, part, 0, count, actual, 0, MOST_ROWS, false);
            assertThat(actual)
                .as("%d columns, %d tokens, rows %d to %d", columns, count, from, to)
                .isEqualTo(expected);
          }
        }
      }
    }
  }

  @Test
  void addingKeepsWhatWasThere() {
    FloatMatrix w = matrix(Numbers.random(37 * 64, 1), 37, 64);
    for (int count : new int[] {1, 5, 12, 19}) {
      SplitRows x = split(Numbers.random(count * 64, 2), count, 64);
      float[] product = new float[count * 37];
      AmxKernels.rows(w, 0, 37, x, 0, count, product, 0, 37, false);
      float[] sum = new float[count * 37];
      Arrays.fill(sum, 3f);
      AmxKernels.rows(w, 0, 37, x, 0, count, sum, 0, 37, true);
      for (int i = 0; i < sum.length; i++) {
        assertThat(sum[i]).isEqualTo(3f + product[i]);
      }
    }
  }

  /** One extreme activation: its own token gets it, those beside it don't. */
  @Test
  void extremesComeThroughAndStayInTheirToken() {
    FloatMatrix w = matrix(filled(20 * 64, 1), 20, 64);
    float most = Float.MAX_VALUE;
    float[] extremes = {
      Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, most, -most, Float.MIN_NORMAL
    };
    for (float extreme : extremes) {
      for (int count : new int[] {1, 2, 16, 20}) {
        for (int token : new int[] {0, count / 2, count - 1}) {
          float[] x = new float[count * 64];
          x[token * 64 + 17] = extreme;
          float[] out = new float[count * 20];
          AmxKernels.rows(w, 0, 20, split(x, count, 64), 0, count, out, 0, 20, false);
          float[] expected = new float[count * 20];
          Arrays.fill(expected, token * 20, (token + 1) * 20, extreme);
          assertThat(out).as("%s in token %d of %d", extreme, token, count).isEqualTo(expected);
        }
      }
    }
  }

  /** Groups of rows that begin at other rows than the first, as those of experts do. */
  @Test
  void rowsMayBeginAnywhere() {
    int columns = 96;
    FloatMatrix w = matrix(Numbers.random(16 * columns, 1), 16, columns);
    float[] x = Numbers.random(21 * columns, 2);
    float[] expected = new float[21 * 16];
    AmxKernels.rows(w, 0, 16, split(x, 21, columns), 0, 21, expected, 0, 16, false);
    SplitRows rows = new SplitRows((3 + 32) * columns);
    for (int row = 0; row < 21; row += SplitRows.HALF) {
      int[] at = new int[SplitRows.HALF];
      for (int i = 0; i < at.length; i++) {
        at[i] = (row + i) * columns;
      }
      rows.pack(x, at, 0, 64, columns, 3, row, 21);
      for (int i = 0; i < at.length; i++) {
        at[i] += 64;
      }
      rows.pack(x, at, 64, columns, columns, 3, row, 21);
    }
    float[] actual = new float[21 * 16];
    AmxKernels.rows(w, 0, 16, rows, 3, 21, actual, 0, 16, false);
    assertThat(actual).isEqualTo(expected);
  }

  private static float[] filled(int n, float value) {
    float[] values = new float[n];
    Arrays.fill(values, value);
    return values;
  }
}

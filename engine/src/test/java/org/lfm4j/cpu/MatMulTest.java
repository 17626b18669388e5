package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lfm4j.tensor.DType;

class MatMulTest {
  private static final int[] COUNTS = {1, 2, 3, 5};

  /** Weights and the kernels that multiply them. */
  enum Kernels {
    F32(DType.F32),
    F16(DType.F16),
    /** What is chosen here. */
    BF16(DType.BF16),
    /** What is chosen where there are no tiles. */
    BF16_WITHOUT_AMX(DType.BF16);

    final DType dtype;

    Kernels(DType dtype) {
      this.dtype = dtype;
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyRowLengthGivesTheProduct(Kernels kernels) {
    for (int columns : Numbers.SIZES) {
      for (int count : COUNTS) {
        check(7, columns, count, kernels);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyNumberOfRowsGivesTheProduct(Kernels kernels) {
    for (int rows : new int[] {1, 2, 3, 4, 5, 15, 16, 17, 33, 40}) {
      for (int count : COUNTS) {
        check(rows, 64, count, kernels);
      }
    }
  }

  /** Any order of summing n products errs by at most n units of the sum of magnitudes. */
  private static void check(int rows, int columns, int count, Kernels kernels) {
    float[] w = Numbers.random(rows * columns, columns);
    float[] x = Numbers.random(count * columns, columns + 1);
    float[] out = multiply(w, rows, columns, x, count, kernels, 0, rows);
    for (int t = 0; t < count; t++) {
      for (int r = 0; r < rows; r++) {
        double sum = 0;
        double magnitudes = 0;
        for (int k = 0; k < columns; k++) {
          double product =
              (double) Numbers.stored(w[r * columns + k], kernels.dtype) * x[t * columns + k];
          sum += product;
          magnitudes += Math.abs(product);
        }
        assertThat((double) out[t * rows + r])
            .as("%d x %d, token %d of %d, row %d", rows, columns, t, count, r)
            .isCloseTo(sum, within((columns + 1) * Numbers.UNIT * magnitudes));
      }
    }
  }

  private static float[] multiply(
      float[] w, int rows, int columns, float[] x, int count, Kernels kernels, int from, int to) {
    WeightMatrix matrix =
        WeightMatrix.of(Numbers.tensor(w, rows, columns, kernels.dtype), Arena.ofAuto());
    Activations packed = Numbers.activations(x, count, columns);
    Scratch scratch = Numbers.scratch(count);
    float[] out = new float[count * rows];
    if (kernels == Kernels.BF16_WITHOUT_AMX) {
      FloatMatrix floats = (FloatMatrix) matrix;
      MatMul.wholeFloats(floats, from, to, packed.floats, 0, count, out, 0, rows, false, scratch);
    } else {
      MatMul.rows(matrix, from, to, packed, 0, count, out, 0, rows, false, scratch);
    }
    return out;
  }

  @ParameterizedTest
  @EnumSource
  void aTokenHasTheSameBitsAloneAndInABlock(Kernels kernels) {
    int rows = 23;
    for (int columns : new int[] {17, 64, 1024, 2080, 4608}) {
      float[] w = Numbers.random(rows * columns, 1);
      for (int count : new int[] {2, 5, 20}) {
        float[] x = Numbers.random(count * columns, 2);
        float[] block = multiply(w, rows, columns, x, count, kernels, 0, rows);
        for (int t = 0; t < count; t++) {
          float[] one = Arrays.copyOfRange(x, t * columns, (t + 1) * columns);
          assertThat(multiply(w, rows, columns, one, 1, kernels, 0, rows))
              .as("%d columns, token %d of %d", columns, t, count)
              .containsExactly(Arrays.copyOfRange(block, t * rows, (t + 1) * rows));
        }
      }
    }
  }

  @Test
  void aRangeOfRowsLeavesTheOthersAlone() {
    float[] w = Numbers.random(40 * 64, 1);
    float[] x = Numbers.random(3 * 64, 2);
    float[] whole = multiply(w, 40, 64, x, 3, Kernels.BF16, 0, 40);
    float[] part = multiply(w, 40, 64, x, 3, Kernels.BF16, 5, 31);
    for (int i = 0; i < part.length; i++) {
      boolean inside = i % 40 >= 5 && i % 40 < 31;
      assertThat(part[i]).isEqualTo(inside ? whole[i] : 0f);
    }
  }

  @Test
  void addingKeepsWhatWasThere() {
    WeightMatrix w =
        WeightMatrix.of(
            Numbers.tensor(Numbers.random(20 * 64, 1), 20, 64, DType.BF16), Arena.ofAuto());
    for (int count : COUNTS) {
      Activations x = Numbers.activations(Numbers.random(count * 64, 2), count, 64);
      float[] product = new float[count * 20];
      MatMul.rows(w, 0, 20, x, 0, count, product, 0, 20, false, Numbers.scratch(count));
      float[] sum = new float[count * 20];
      Arrays.fill(sum, 3f);
      MatMul.rows(w, 0, 20, x, 0, count, sum, 0, 20, true, Numbers.scratch(count));
      for (int i = 0; i < sum.length; i++) {
        assertThat(sum[i]).isEqualTo(3f + product[i]);
      }
    }
  }

  /**
   * Infinities, NaN, subnormals and both zeros come through as they are. With AMX subnormals become
   * zero and infinities NaN, since they are multiplied by parts of an activation that are zero.
   */
  @Test
  void everyBf16ValueIsWidenedExactly() {
    int columns = 64;
    float[] w = new float[(1 << 16) * columns];
    for (int bits = 0; bits < 1 << 16; bits++) {
      w[bits * columns + bits % columns] = Float.intBitsToFloat(bits << 16);
    }
    WeightMatrix matrix =
        WeightMatrix.of(Numbers.tensor(w, 1 << 16, columns, DType.BF16), Arena.ofAuto());
    Scratch scratch = Numbers.scratch(2);
    float[] row = new float[columns];
    float[] alone = new float[1 << 16];
    float[] block = new float[2 << 16];
    for (int column = 0; column < columns; column++) {
      float[] x = new float[2 * columns];
      x[column] = 1;
      Activations one = Numbers.activations(x, 1, columns);
      Activations two = Numbers.activations(x, 2, columns);
      for (int bits = column; bits < 1 << 16; bits += columns) {
        MatMul.rows(matrix, bits, bits + 1, one, 0, 1, alone, 0, 1 << 16, false, scratch);
        MatMul.rows(matrix, bits, bits + 1, two, 0, 2, block, 0, 1 << 16, false, scratch);
        matrix.copyRow(bits, row, 0);
        float stored = Float.intBitsToFloat(bits << 16);
        float expected = AmxKernels.AVAILABLE ? inTiles(stored) : stored;
        if (Float.isNaN(expected)) {
          assertThat(alone[bits]).isNaN();
          assertThat(block[bits]).isNaN();
        } else if (alone[bits] != expected || block[bits] != expected || row[column] != stored) {
          throw new AssertionError(
              "%x: %s, %s, %s".formatted(bits, alone[bits], block[bits], row[column]));
        }
      }
    }
  }

  private static float inTiles(float weight) {
    return Float.isInfinite(weight) ? Float.NaN : Math.abs(weight) < Float.MIN_NORMAL ? 0 : weight;
  }
}

package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lfm4j.tensor.BlockFormat;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

class QuantMatMulTest {
  private static final int GROUP = QuantRows.GROUP;

  private static int[] columns(DType type) {
    return type.elements() == 256 ? new int[] {256, 1024, 1792} : new int[] {32, 96, 256, 1056};
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"})
  void everyOutputHasTheBitsOfTheDefinition(DType type) {
    for (boolean extreme : new boolean[] {false, true}) {
      for (int columns : columns(type)) {
        for (int rows : new int[] {1, 16, 23, 48}) {
          for (int count : new int[] {1, 2, 5}) {
            Tensor w = QuantBlocks.matrix(type, rows, columns, columns + rows, extreme);
            Activations x = activations(count, columns, extreme);
            float[] out = new float[count * rows];
            multiply(w, x, count, 0, rows, out, false);
            for (int t = 0; t < count; t++) {
              for (int r = 0; r < rows; r++) {
                assertThat(out[t * rows + r])
                    .as("%d x %d, token %d of %d, row %d", rows, columns, t, count, r)
                    .isEqualTo(defined(w, r, x.quants(type), t));
              }
            }
          }
        }
      }
    }
  }

  private static Activations activations(int count, int columns, boolean extreme) {
    float[] x = Numbers.random(count * columns, columns);
    if (extreme) {
      for (int i = 0; i < x.length; i++) {
        x[i] = Math.copySign(3, x[i]);
      }
    }
    return Numbers.activations(x, count, columns);
  }

  private static void multiply(
      Tensor w, Activations x, int count, int from, int to, float[] out, boolean add) {
    QuantMatMul.rows(
        QuantMatrix.of(w, Arena.ofAuto()),
        from,
        to,
        x.quants(w.dtype()),
        0,
        count,
        out,
        0,
        w.rows(),
        add,
        Numbers.scratch(count));
  }

  /** What {@link QuantMatMul} says, in whole numbers and single floats. */
  private static float defined(Tensor w, int row, QuantRows x, int t) {
    DType type = w.dtype();
    int blocks = w.columns() / type.elements();
    float sum = 0;
    for (int block = 0; block < blocks; block++) {
      long at = ((long) row * blocks + block) * type.bytes();
      int values = t * w.columns() + block * type.elements();
      float a = x.scales[values / type.elements()];
      int products = 0;
      int minima = 0;
      for (int group = 0; group < type.elements() / GROUP; group++) {
        int first = dot(w, at, group * GROUP, x, values, 16);
        int second = dot(w, at, group * GROUP + 16, x, values, 16);
        int s = x.sums[values / 16 + 2 * group] + x.sums[values / 16 + 2 * group + 1];
        switch (type) {
          case Q4_K, Q5_K -> {
            products += BlockFormat.scale(w.data(), at + 4, group) * (first + second);
            minima += BlockFormat.minimum(w.data(), at + 4, group) * s;
          }
          case Q6_K -> {
            products += w.data().get(ValueLayout.JAVA_BYTE, at + 192 + 2 * group) * first;
            products += w.data().get(ValueLayout.JAVA_BYTE, at + 192 + 2 * group + 1) * second;
          }
          default -> products = first + second;
        }
      }
      switch (type) {
        case Q4_K, Q5_K -> {
          float less = BlockFormat.half(w.data(), at + 2) * minima;
          sum = Math.fma(a, Math.fma(BlockFormat.half(w.data(), at), (float) products, -less), sum);
        }
        case Q6_K -> sum = Math.fma(a, BlockFormat.half(w.data(), at + 208) * products, sum);
        default -> sum = Math.fma((float) products, BlockFormat.half(w.data(), at) * a, sum);
      }
    }
    return sum;
  }

  private static int dot(Tensor w, long at, int from, QuantRows x, int values, int count) {
    int dot = 0;
    for (int i = from; i < from + count; i++) {
      dot += BlockFormat.quant(w.dtype(), w.data(), at, i) * x.values[values + i];
    }
    return dot;
  }

  /**
   * An activation errs by half its scale at most, so an output by half of it times the magnitudes
   * of the weights; the rest is rounding, far less.
   */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"})
  void theProductIsThatOfTheWeights(DType type) {
    int columns = 1024;
    int rows = 20;
    Tensor w = QuantBlocks.matrix(type, rows, columns, 3, false);
    float[] x = Numbers.random(3 * columns, 4);
    Activations packed = Numbers.activations(x, 3, columns);
    float[] out = new float[3 * rows];
    multiply(w, packed, 3, 0, rows, out, false);
    for (int t = 0; t < 3; t++) {
      for (int r = 0; r < rows; r++) {
        float[] row = w.row(r);
        double sum = 0;
        double bound = 0;
        for (int k = 0; k < columns; k++) {
          sum += (double) row[k] * x[t * columns + k];
          double error = 0.5001 * packed.quants(type).scales[(t * columns + k) / type.elements()];
          double magnitude = Math.abs(row[k]) + spread(type);
          bound += Math.abs(row[k]) * error + 64 * Numbers.UNIT * magnitude;
        }
        assertThat((double) out[t * rows + r]).isCloseTo(sum, within(bound));
      }
    }
  }

  /** Scale times element and minimum may be far larger than their difference. */
  private static double spread(DType type) {
    return type == DType.Q4_K || type == DType.Q5_K ? 4 * 63 * 31 : 0;
  }

  @Test
  void aRangeOfRowsLeavesTheOthersAloneAndAddingKeepsWhatWasThere() {
    Tensor w = QuantBlocks.matrix(DType.Q4_0, 40, 64, 1, false);
    Activations x = activations(3, 64, false);
    float[] whole = new float[3 * 40];
    multiply(w, x, 3, 0, 40, whole, false);
    float[] part = new float[3 * 40];
    Arrays.fill(part, 7f);
    multiply(w, x, 3, 16, 40, part, true);
    for (int i = 0; i < part.length; i++) {
      assertThat(part[i]).isEqualTo(i % 40 < 16 ? 7f : 7f + whole[i]);
    }
  }

  @Test
  void activationsOfAllMagnitudesAreRoundedToTheNearest() {
    float[] x = new float[5 * 32];
    for (int i = 0; i < 32; i++) {
      x[i] = i - 16;
      x[32 + i] = Float.MIN_VALUE * i;
      x[64 + i] = Float.MAX_VALUE * (i % 2 == 0 ? 1 : -0.25f);
      x[96 + i] = 0;
      x[128 + i] = 1e-20f * (i % 7);
    }
    QuantRows rows = new QuantRows(x.length, GROUP);
    rows.pack(x, 0, 0, x.length, x.length, 0);
    for (int i = 0; i < x.length; i++) {
      double scale = rows.scales[i / 32];
      double error = Math.abs(rows.values[i] * scale - x[i]);
      // Numbers whose inverse is no float count as zero.
      double tiny = i / 32 == 1 ? 32 * Float.MIN_VALUE : 0;
      assertThat(error).isLessThanOrEqualTo(0.5001 * scale + tiny);
      assertThat(Math.abs(rows.values[i])).isLessThanOrEqualTo((byte) 127);
    }
    assertThat(rows.sums[0] + rows.sums[1]).isEqualTo(sum(rows.values, 0, 32));
  }

  @Test
  void aFileThatMixesTypesGetsBothFormsAlsoFromParts() {
    int columns = 768;
    float[] x = Numbers.random(2 * columns, 5);
    Activations.Forms forms = new Activations.Forms(false, false, true, true);
    Activations whole = new Activations(forms, 2 * columns);
    whole.pack(x, new int[] {0, columns}, 0, columns, columns, 0, 0, 2);
    Activations parts = new Activations(forms, 2 * columns);
    for (int from = 0; from < columns; from += QuantRows.BLOCK) {
      int to = from + QuantRows.BLOCK;
      parts.pack(x, new int[] {from, columns + from}, from, to, columns, 0, 0, 2);
    }
    for (DType type : new DType[] {DType.Q8_0, DType.Q6_K}) {
      QuantRows expected = whole.quants(type);
      assertThat(expected.scales).hasSize(2 * columns / type.elements());
      assertThat(parts.quants(type).scales).isEqualTo(expected.scales);
      assertThat(parts.quants(type).values).isEqualTo(expected.values);
      assertThat(parts.quants(type).sums).isEqualTo(expected.sums);
      for (int i = 0; i < x.length; i++) {
        double scale = expected.scales[i / type.elements()];
        assertThat(Math.abs(expected.values[i] * scale - x[i])).isLessThanOrEqualTo(0.5001 * scale);
      }
    }
  }

  private static int sum(byte[] values, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum;
  }
}

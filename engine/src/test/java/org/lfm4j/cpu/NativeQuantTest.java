package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

class NativeQuantTest {
  @ParameterizedTest
  @CsvSource({
    "avx2, Q8_0",
    "avx2, Q4_0",
    "avx2, Q4_K",
    "avx2, Q5_K",
    "avx2, Q6_K",
    "avx512vnni, Q8_0",
    "avx512vnni, Q4_0",
    "avx512vnni, Q4_K",
    "avx512vnni, Q5_K",
    "avx512vnni, Q6_K",
    "amxint8, Q8_0",
    "amxint8, Q4_0",
    "amxint8, Q4_K",
    "amxint8, Q5_K",
    "amxint8, Q6_K",
    "dotprod, Q8_0",
    "dotprod, Q4_0",
    "dotprod, Q4_K",
    "dotprod, Q5_K",
    "dotprod, Q6_K"
  })
  void theyGiveTheBitsOfTheVectorApi(String instructions, DType type) {
    Optional<MethodHandle> kernel = NativeQuant.kernel(instructions);
    assumeTrue(kernel.isPresent(), "built without a C compiler, or for another processor");
    for (int rows : new int[] {1, 15, 16, 17, 64}) {
      for (int columns : new int[] {32, 160, 256, 2048}) {
        for (int count : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 30}) {
          if (columns % type.elements() == 0) {
            check(kernel.get(), type, rows, columns, count, count % 2 == 0);
          }
        }
      }
    }
  }

  /**
   * Sixteens of tokens, what is left of them, and more columns than scales are kept for at once.
   */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"})
  void matricesOfTokensGiveTheSameBits(DType type) {
    Optional<MethodHandle> kernel = NativeQuant.kernel("amxint8");
    assumeTrue(kernel.isPresent(), "no AMX here, or built without a C compiler");
    for (int count = 1; count <= 70; count++) {
      int columns = type.elements() == 32 ? 320 : 512;
      check(kernel.get(), type, 17 + count % 3 * 15, columns, count, count % 2 == 0);
    }
    check(kernel.get(), type, 33, 8192, 170, false);
  }

  private static void check(
      MethodHandle kernel, DType type, int rows, int columns, int count, boolean add) {
    boolean extreme = rows == 17 || rows == 15;
    QuantMatrix w =
        QuantMatrix.of(
            QuantBlocks.matrix(type, rows + 16, columns, rows + count, extreme), Arena.ofAuto());
    float[] values = Numbers.random((count + 3) * columns, 2);
    if (extreme) {
      for (int i = 0; i < values.length; i++) {
        values[i] = rows == 17 ? Math.copySign(2, values[i]) : 2;
      }
    }
    if (rows == 1) {
      // The last token has only zeros; another and the first have something that is no number.
      java.util.Arrays.fill(values, (2 + count) * columns, (3 + count) * columns, 0f);
      values[3 * columns + 7] = Float.NaN;
      values[(3 + count / 2) * columns + 9] = Float.NEGATIVE_INFINITY;
    }
    QuantRows x = Numbers.activations(values, count + 3, columns).quants(type);
    int stride = rows + 23;
    float[] expected = Numbers.random(count * stride + 9, 3);
    float[] actual = expected.clone();
    QuantMatMul.rows(
        w, 16, 16 + rows, x, 3, count, expected, 2, stride, add, Numbers.scratch(count));

    NativeQuant.rows(kernel, w, 16, 16 + rows, x, 3, count, actual, 2, stride, add);

    assertThat(actual).as("%d x %d, %d tokens", rows, columns, count).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {QuantRows.GROUP, QuantRows.BLOCK})
  void activationsGetTheSameBits(int length) {
    assumeTrue(NativeQuant.QUANTISES, "built without a C compiler, or for another processor");
    int groups = 4000;
    Random random = new Random(9);
    float[] x = new float[groups * length + 5];
    for (int i = 0; i < x.length; i++) {
      int kind = i / length % 8;
      x[i] =
          switch (kind) {
            case 0 -> Float.intBitsToFloat(random.nextInt()); // anything, infinite and NaN too
            // With 127 as the greatest the scale is one, and halves are ties.
            case 1 -> i % QuantRows.GROUP == 9 ? 127 : random.nextInt(-254, 255) * 0.5f;
            case 2 -> 0;
            case 3 -> Float.MIN_VALUE * random.nextInt(100);
            default -> (float) (random.nextGaussian() * Math.pow(10, kind - 6));
          };
    }
    QuantRows expected = new QuantRows((groups + 2) * length, length);
    QuantRows actual = new QuantRows((groups + 2) * length, length);
    expected.groups(x, 5, groups, length);

    NativeQuant.quantise(x, 5, groups, actual, length);

    assertThat(actual.scales).isEqualTo(expected.scales);
    assertThat(actual.values).isEqualTo(expected.values);
    assertThat(actual.sums).isEqualTo(expected.sums);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"})
  void tilesAreFilledTheSameWay(DType type) {
    assumeTrue(NativeQuant.FILLS, "built without a C compiler, or for another processor");
    Tensor w = QuantBlocks.matrix(type, 5 * 16 + 3, 768, 1, false);
    QuantTiles tiles = QuantTiles.of(type, 768);
    MemorySegment expected = Arena.ofAuto().allocate(tiles.bytes(w.rows()), 64);
    MemorySegment actual = Arena.ofAuto().allocate(tiles.bytes(w.rows()), 64);
    tiles.fill(w.data(), w.rows(), 0, 6, expected);

    tiles.fill(w.data(), w.rows(), actual);

    assertThat(actual.mismatch(expected)).isEqualTo(-1);
  }
}

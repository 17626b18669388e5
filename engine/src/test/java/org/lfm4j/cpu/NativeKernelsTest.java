package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfm4j.tensor.DType;

class NativeKernelsTest {
  @BeforeEach
  void needsACompilerAtBuildTime() {
    assumeTrue(NativeKernels.AVAILABLE, "built without a C compiler, or for another processor");
  }

  @Test
  void theyGiveTheBitsOfTheVectorApi() {
    for (int rows : new int[] {1, 3, 4, 5, 16, 31, 64}) {
      for (int columns : new int[] {Simd.STEP, 2 * Simd.STEP, 256, 1024 + Simd.STEP, 2048}) {
        for (int count = 1; count <= 20; count++) {
          check(DType.BF16, rows, columns, count, count % 3 == 0);
        }
        check(DType.BF16, rows, columns, 1, true);
        check(DType.BF16, rows, columns, 50, true);
      }
    }
  }

  @Test
  void theSameForFp32WhateverTheRowLength() {
    for (int rows : new int[] {1, 5, 64}) {
      for (int columns : new int[] {1, Simd.STEP - 1, Simd.STEP, 300, 1024 + Simd.LANES}) {
        for (int count : new int[] {1, 2, 3, 7, 50}) {
          for (DType type : new DType[] {DType.F32, DType.F16}) {
            check(type, rows, columns, count, true);
          }
        }
      }
    }
  }

  private static void check(DType type, int rows, int columns, int count, boolean add) {
    float[] weights = Numbers.random((rows + 5) * columns, 1);
    FloatMatrix w =
        FloatMatrix.of(Numbers.tensor(weights, rows + 5, columns, type), Arena.ofAuto());
    float[] x = Numbers.pack(Numbers.random(count * columns, 2), count, columns);
    int stride = rows + 7;
    float[] expected = Numbers.random(count * stride + 9, 3);
    float[] actual = expected.clone();
    Scratch scratch = Numbers.scratch(count);
    if (count == 1) {
      Gemv.rows(w, 3, 3 + rows, x, 0, expected, 2, add, scratch.accumulators);
    } else {
      Gemm.rows(w, 3, 3 + rows, x, 0, count, expected, 2, stride, add, scratch);
    }

    NativeKernels.rows(w, 3, 3 + rows, x, 0, count, actual, 2, stride, add);

    assertThat(actual).as("%d x %d, %d tokens", rows, columns, count).isEqualTo(expected);
  }
}

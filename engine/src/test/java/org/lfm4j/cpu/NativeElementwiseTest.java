package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.lfm4j.cpu.Simd.LANES;

import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** C and the Vector API give the same bits. */
class NativeElementwiseTest {
  private final float[] lanes = new float[LANES];

  @BeforeEach
  void needsACompilerAtBuildTime() {
    assumeTrue(NativeElementwise.AVAILABLE, "built without a C compiler, or for another processor");
  }

  @Test
  void swiGlu() {
    int n = 256 * LANES;
    float[] expected = anything(n + 3);
    float[] actual = expected.clone();
    float[] up = Numbers.random(n + 1, 2);
    VectorElementwise.swiGlu(expected, 3, up, 1, n);
    NativeElementwise.swiGlu(actual, 3, up, 1, n);
    assertThat(actual).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("org.lfm4j.cpu.Numbers#sizes")
  void rmsNorm(int n) {
    float[] x = Numbers.random(n + 3, 1);
    float[] weight = Numbers.random(n, 2);
    float[] expected = Numbers.random(n + 5, 3);
    float[] actual = expected.clone();
    VectorElementwise.rmsNorm(x, 3, weight, 1e-5f, expected, 2, lanes);
    NativeElementwise.rmsNorm(x, 3, weight, 1e-5f, actual, 2);
    assertThat(actual).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("org.lfm4j.cpu.Numbers#sizes")
  void products(int n) {
    float[] a = Numbers.random(n + 3, 1);
    float[] b = Numbers.random(n + 4, 2);
    float[] expected = Numbers.random(n + 5, 3);
    float[] actual = expected.clone();
    VectorElementwise.multiply(a, 3, expected, 2, n);
    NativeElementwise.multiply(a, 3, actual, 2, n);
    assertThat(actual).isEqualTo(expected);
    VectorElementwise.addProducts(a, 1, b, 4, expected, 3, n);
    NativeElementwise.addProducts(a, 1, b, 4, actual, 3, n);
    assertThat(actual).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("org.lfm4j.cpu.Numbers#sizes")
  void dotAndScaledSum(int n) {
    float[] a = Numbers.random(n + 3, 1);
    float[] b = Numbers.random(n + 4, 2);
    Float dot = Vectors.dot(a, 3, b, 2, n, lanes);
    assertThat((Object) NativeElementwise.dot(a, 3, b, 2, n)).isEqualTo(dot);
    float[] expected = b.clone();
    VectorElementwise.addScaled(a, 1, 0.3f, expected, 2, n);
    NativeElementwise.addScaled(a, 1, 0.3f, b, 2, n);
    assertThat(b).isEqualTo(expected);
  }

  @Test
  void packing() {
    for (int steps : new int[] {0, 1, 2, 33}) {
      for (int apart : new int[] {LANES, 2 * LANES}) {
        float[] x = Numbers.random(steps * Simd.STEP + 3, 1);
        float[] expected = new float[2 * steps * apart + 5];
        float[] actual = expected.clone();
        VectorElementwise.pack(x, 3, steps, expected, 5, apart);
        NativeElementwise.pack(x, 3, steps, actual, 5, apart);
        assertThat(actual).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 63})
  void softmax(int valid) {
    float[] expected = anything(HeadShape.PAGE + 5);
    Arrays.fill(expected, 5 + valid, expected.length, Float.NEGATIVE_INFINITY);
    float[] actual = expected.clone();
    Float most = VectorElementwise.greatest(expected, 5, HeadShape.PAGE, lanes);
    assertThat((Object) NativeElementwise.greatest(actual, 5, HeadShape.PAGE)).isEqualTo(most);
    Float sum = VectorElementwise.weights(expected, 5, HeadShape.PAGE, most, lanes);
    assertThat((Object) NativeElementwise.weights(actual, 5, HeadShape.PAGE, most)).isEqualTo(sum);
    assertThat(actual).isEqualTo(expected);
  }

  @Test
  void exponentials() {
    float[] expected = anything(64 * LANES);
    float[] actual = expected.clone();
    VectorElementwise.weights(expected, 0, expected.length, 0, lanes);
    NativeElementwise.weights(actual, 0, actual.length, 0);
    assertThat(actual).isEqualTo(expected);
  }

  @Test
  void whatIsNoNumberIsTheGreatest() {
    for (int i = 0; i < 4 * LANES; i++) {
      float[] x = Numbers.random(4 * LANES, 1);
      x[i] = Float.NaN;
      assertThat(NativeElementwise.greatest(x, 0, x.length)).isNaN();
    }
  }

  @Test
  void twoRows() {
    for (int n : new int[] {0, 1, 2, 33, 64}) {
      for (int columns : new int[] {AttentionTile.RUN, 3 * AttentionTile.RUN}) {
        float[] a = Numbers.random(2 * n + 3, 1);
        float[] b = Numbers.random(n * columns + 7, 2);
        float[] expected = Numbers.random(2 * columns + 9, 3);
        float[] actual = expected.clone();
        VectorElementwise.twoRows(a, 1, 3 + n, n, b, 7, columns, expected, 2, 9 + columns);
        NativeElementwise.twoRows(a, 1, 3 + n, n, b, 7, columns, actual, 2, 9 + columns);
        assertThat(actual).isEqualTo(expected);
      }
    }
  }

  /** Numbers of all sizes, with the extremes of the exponential and what lies beyond. */
  private static float[] anything(int n) {
    float[] x = Numbers.random(n, 1);
    for (int i = 0; i < n; i++) {
      x[i] *= (float) Math.pow(2, i % 9 - 1);
    }
    float[] extremes = {
      0f,
      -0f,
      87.33f,
      -87.33f,
      88.37f,
      -88.37f,
      200,
      -200,
      1e30f,
      -1e30f,
      Float.NaN,
      1e-40f,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Math.nextUp(87.33f),
      Math.nextDown(-87.33f)
    };
    System.arraycopy(extremes, 0, x, Math.min(40, n - 16), 16);
    return x;
  }
}

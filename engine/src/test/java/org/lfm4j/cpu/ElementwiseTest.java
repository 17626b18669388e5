package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ElementwiseTest {
  @Test
  void exponentialIsAccurateOverItsWholeRange() {
    for (float x = -87.3f; x < 88.3f; x += 0.0137f) {
      double expected = Math.exp(x);
      assertThat((double) exp(x)).isCloseTo(expected, within(3e-7 * expected));
    }
  }

  @Test
  void exponentialOfExtremes() {
    assertThat(exp(0)).isEqualTo(1);
    assertThat(exp(-0f)).isEqualTo(1);
    assertThat(exp(Float.NEGATIVE_INFINITY)).isZero();
    assertThat(exp(-Float.MAX_VALUE)).isZero();
    assertThat(exp(-100)).isZero();
    assertThat(exp(Float.POSITIVE_INFINITY)).isFinite().isGreaterThan(1e38f);
    assertThat(exp(Float.NaN)).isNaN();
  }

  private static float exp(float x) {
    return Vectors.exp(FloatVector.broadcast(Vectors.FLOATS, x)).lane(0);
  }

  @ParameterizedTest
  @MethodSource("org.lfm4j.cpu.Numbers#sizes")
  void dotProduct(int n) {
    float[] a = Numbers.random(n + 1, 1);
    float[] b = Numbers.random(n + 2, 2);
    double sum = 0;
    double magnitudes = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) a[1 + i] * b[2 + i];
      magnitudes += Math.abs((double) a[1 + i] * b[2 + i]);
    }
    float dot = Vectors.dot(a, 1, b, 2, n, new float[Simd.LANES]);
    assertThat((double) dot).isCloseTo(sum, within((n + 1) * Numbers.UNIT * magnitudes));
  }

  @ParameterizedTest
  @MethodSource("org.lfm4j.cpu.Numbers#sizes")
  void rmsNorm(int n) {
    float[] x = Numbers.random(n + 3, 3);
    float[] weight = Numbers.random(n, 4);
    float[] out = new float[n + 1];
    RmsNorm.apply(x, 3, weight, 1e-5f, out, 1, new float[Simd.LANES]);
    double squares = 0;
    for (int i = 0; i < n; i++) {
      squares += (double) x[3 + i] * x[3 + i];
    }
    double scale = 1 / Math.sqrt(squares / n + 1e-5f);
    for (int i = 0; i < n; i++) {
      double expected = weight[i] * x[3 + i] * scale;
      // n units from the sum of squares, halved by the root, and three products.
      assertThat((double) out[1 + i])
          .isCloseTo(expected, within((n / 2.0 + 4) * Numbers.UNIT * Math.abs(expected)));
    }
  }

  @ParameterizedTest
  @MethodSource("org.lfm4j.cpu.Numbers#sizes")
  void swiGlu(int n) {
    float[] gate = Numbers.random(n + 1, 5);
    float[] up = Numbers.random(n + 2, 6);
    float[] before = gate.clone();
    SwiGlu.apply(gate, 1, up, 2, n);
    assertThat(gate[0]).isEqualTo(before[0]);
    for (int i = 0; i < n; i++) {
      double x = before[1 + i];
      double expected = x / (1 + Math.exp(-x)) * up[2 + i];
      assertThat((double) gate[1 + i])
          .isCloseTo(expected, within(6e-7 * Math.abs(expected) + 1e-30));
    }
  }

  @Test
  void swiGluOfExtremes() {
    int n = Simd.LANES;
    for (float x : new float[] {-1e30f, -200, -88, 88, 200, 1e30f}) {
      float[] gate = new float[n];
      java.util.Arrays.fill(gate, x);
      float[] up = new float[n];
      java.util.Arrays.fill(up, 1);
      SwiGlu.apply(gate, 0, up, 0, n);
      assertThat(gate[0]).isCloseTo(Math.max(x, 0), within(1e-6f * Math.abs(x)));
    }
  }

  @Test
  void rotationTurnsPairsHalfAHeadApart() {
    int dim = 16;
    Rotary rotary = new Rotary(1e6, dim);
    float[] angles = new float[dim];
    float[] x = Numbers.random(dim + 1, 7);
    float[] turned = x.clone();
    rotary.angles(1234, angles, 0);
    Rotary.rotate(turned, 1, dim, angles, 0, 0.25f);
    for (int j = 0; j < dim / 2; j++) {
      // The angle itself is single precision: 1234 units of it.
      double angle = 1234 * Math.pow(1e6, -2.0 * j / dim);
      double a = x[1 + j];
      double b = x[1 + dim / 2 + j];
      assertThat((double) turned[1 + j])
          .isCloseTo((a * Math.cos(angle) - b * Math.sin(angle)) / 4, within(2e-4));
      assertThat((double) turned[1 + dim / 2 + j])
          .isCloseTo((b * Math.cos(angle) + a * Math.sin(angle)) / 4, within(2e-4));
    }
  }
}

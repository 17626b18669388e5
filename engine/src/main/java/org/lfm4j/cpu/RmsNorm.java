package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.FLOATS;
import static org.lfm4j.cpu.Simd.LANES;

import jdk.incubator.vector.FloatVector;

/** Root mean square normalisation (Zhang and Sennrich, 2019). */
final class RmsNorm {
  private RmsNorm() {}

  /**
   * Computes {@code out[i] = weight[i] * x[i] / sqrt(mean(x^2) + eps)} over {@code weight.length}
   * values; out may be x.
   *
   * @param lanes scratch of one vector
   */
  static void apply(
      float[] x, int xAt, float[] weight, float eps, float[] out, int outAt, float[] lanes) {
    int n = weight.length;
    double meanSquare = (double) Simd.dot(x, xAt, x, xAt, n, lanes) / n;
    float scale = (float) (1 / Math.sqrt(meanSquare + eps));
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector.fromArray(FLOATS, x, xAt + i)
          .mul(scale)
          .mul(FloatVector.fromArray(FLOATS, weight, i))
          .intoArray(out, outAt + i);
    }
    for (; i < n; i++) {
      out[outAt + i] = x[xAt + i] * scale * weight[i];
    }
  }
}

package org.lfm4j.cpu;

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
    Elementwise.rmsNorm(x, xAt, weight, eps, out, outAt, lanes);
  }
}

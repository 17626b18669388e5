package org.lfm4j.cpu;

import java.util.stream.IntStream;
import org.lfm4j.tensor.Tensor;

/** The operators of the reference runner, each on activations of T rows. All sums are in FP32. */
final class ReferenceMath {
  private ReferenceMath() {}

  /**
   * Multiplies by a weight: {@code y[t][o] = sum_i weight[o][i] * x[t][i]}.
   *
   * @param weight [out, in]
   * @param x [T][in]
   * @return y [T][out]
   */
  static float[][] linear(Tensor weight, float[][] x) {
    float[][] y = new float[x.length][weight.rows()];
    IntStream.range(0, weight.rows())
        .parallel()
        .forEach(out -> {
          float[] row = weight.row(out);
          for (int t = 0; t < x.length; t++) {
            y[t][out] = dot(row, x[t]);
          }
        });
    return y;
  }

  /** Multiplies by a weight [out, in] and adds a bias [out] to each row. */
  static float[][] linear(Tensor weight, Tensor bias, float[][] x) {
    float[][] y = linear(weight, x);
    float[] b = bias.floats();
    for (float[] row : y) {
      add(row, b);
    }
    return y;
  }

  /** Returns the inner product of two vectors of equal length. */
  static float dot(float[] a, float[] b) {
    // Four sums: an addition needn't wait for the one before it, and each sum rounds less.
    float sum0 = 0;
    float sum1 = 0;
    float sum2 = 0;
    float sum3 = 0;
    int i = 0;
    for (; i + 3 < a.length; i += 4) {
      sum0 += a[i] * b[i];
      sum1 += a[i + 1] * b[i + 1];
      sum2 += a[i + 2] * b[i + 2];
      sum3 += a[i + 3] * b[i + 3];
    }
    for (; i < a.length; i++) {
      sum0 += a[i] * b[i];
    }
    return (sum0 + sum1) + (sum2 + sum3);
  }

  /** Adds {@code other} to {@code target}, in place. */
  static void add(float[] target, float[] other) {
    for (int i = 0; i < target.length; i++) {
      target[i] += other[i];
    }
  }

  /** Returns {@code weight * v / sqrt(mean(v^2) + eps)} (RMSNorm, arXiv 1910.07467). */
  static float[] rmsNorm(float[] v, float[] weight, float eps) {
    float scale = (float) (1 / Math.sqrt(dot(v, v) / v.length + eps));
    float[] result = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      result[i] = weight[i] * (v[i] * scale);
    }
    return result;
  }

  /** Normalises each row. */
  static float[][] rmsNorm(float[][] rows, Tensor weight, float eps) {
    float[] w = weight.floats();
    float[][] result = new float[rows.length][];
    for (int t = 0; t < rows.length; t++) {
      result[t] = rmsNorm(rows[t], w, eps);
    }
    return result;
  }

  static float sigmoid(float x) {
    return (float) (1 / (1 + Math.exp(-x)));
  }

  static float silu(float x) {
    return x * sigmoid(x);
  }

  /** Replaces scores by {@code exp(score) / sum(exp(scores))}, in place. */
  static void softmax(float[] scores) {
    float max = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      max = Math.max(max, score);
    }
    float sum = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) Math.exp(scores[i] - max);
      sum += scores[i];
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] /= sum;
    }
  }
}

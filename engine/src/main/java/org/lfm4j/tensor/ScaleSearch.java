package org.lfm4j.tensor;

/**
 * Finds the scale of a group of weights. For whole numbers q that come from some scale, the scale
 * with the least squared error is known in closed form; so a few scales around the one that just
 * covers the group are tried, each is improved that way, and the best one is kept. Weights of large
 * magnitude count for more, since activations that meet them do more harm.
 */
final class ScaleSearch {
  private static final int TRIALS = 10;
  private static final float STEP = 0.1f;

  // Adding and taking away 1.5 * 2^23 rounds to a whole number.
  private static final float ROUND = 0x1.8p23f;

  private ScaleSearch() {}

  /**
   * Returns the scale s for values about {@code s * q} with q in [-most, most - 1].
   *
   * @param most the greatest magnitude of q
   */
  static float signed(float[] x, int from, int n, int most) {
    float greatest = 0;
    float squares = 0;
    for (int i = from; i < from + n; i++) {
      greatest = Math.abs(x[i]) > Math.abs(greatest) ? x[i] : greatest;
      squares += x[i] * x[i];
    }
    // Squares of smaller values are no good numbers any more; such weights are as good as zero.
    if (squares < Float.MIN_NORMAL) {
      return 0;
    }
    float best = greatest / -most;
    float most2 = 0;
    for (int trial = -TRIALS; trial <= TRIALS; trial++) {
      float inverse = -(most + STEP * trial) / greatest;
      float xq = 0;
      float qq = 0;
      for (int i = from; i < from + n; i++) {
        float q = Math.min(Math.max(round(x[i] * inverse), -most), most - 1);
        float weight = x[i] * x[i] / squares;
        xq += weight * x[i] * q;
        qq += weight * q * q;
      }
      // What is taken off the error of all zeros.
      if (qq > 0 && xq * xq / qq > most2) {
        most2 = xq * xq / qq;
        best = xq / qq;
      }
    }
    return best;
  }

  private static float round(float x) {
    return x + ROUND - ROUND;
  }

  /**
   * Returns the scale s and the minimum m, neither below zero, for values about {@code s * q - m}
   * with q in [0, most].
   */
  static float[] withMinimum(float[] x, int from, int n, int most) {
    float low = 0;
    float high = x[from];
    float squares = 0;
    for (int i = from; i < from + n; i++) {
      low = Math.min(low, x[i]);
      high = Math.max(high, x[i]);
      squares += x[i] * x[i];
    }
    if (high - low < Float.MIN_NORMAL * most || squares < Float.MIN_NORMAL) {
      return new float[] {0, Math.max(0, -low)};
    }
    float typical = (float) Math.sqrt(squares / n);
    float[] best = {(high - low) / most, -low};
    float[] fit = new float[3];
    float most2 = Float.NEGATIVE_INFINITY;
    for (int trial = -TRIALS; trial <= TRIALS; trial++) {
      fit(x, from, n, most, low, (most + STEP * trial) / (high - low), typical, fit);
      if (fit[0] > 0 && fit[2] > most2) {
        most2 = fit[2];
        best[0] = fit[0];
        best[1] = fit[1];
      }
    }
    return best;
  }

  /**
   * Weighted least squares for the whole numbers that {@code inverse} makes: scale, minimum, and
   * what they take off the error of all zeros.
   */
  private static void fit(
      float[] x,
      int from,
      int n,
      int most,
      float low,
      float inverse,
      float typical,
      float[] result) {
    float w = 0;
    float wx = 0;
    float wq = 0;
    float wqq = 0;
    float wxq = 0;
    for (int i = from; i < from + n; i++) {
      float q = Math.min(Math.max(round((x[i] - low) * inverse), 0), most);
      float weight = 1 + Math.abs(x[i]) / typical;
      w += weight;
      wx += weight * x[i];
      wq += weight * q;
      wqq += weight * q * q;
      wxq += weight * x[i] * q;
    }
    float determinant = w * wqq - wq * wq;
    float scale = determinant > 0 ? (w * wxq - wx * wq) / determinant : 0;
    float minimum = determinant > 0 ? (wq * wxq - wqq * wx) / determinant : -1;
    if (minimum < 0) {
      minimum = 0;
      scale = wqq > 0 ? wxq / wqq : 0;
    }
    result[0] = scale;
    result[1] = minimum;
    result[2] = scale * wxq - minimum * wx;
  }
}

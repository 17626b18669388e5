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

  private ScaleSearch() {}

  /**
   * Returns the scale s for values about {@code s * q} with q in [-most, most - 1].
   *
   * @param most the greatest magnitude of q
   */
  static float signed(float[] x, int from, int n, int most) {
    float greatest = 0;
    for (int i = from; i < from + n; i++) {
      greatest = Math.abs(x[i]) > Math.abs(greatest) ? x[i] : greatest;
    }
    if (greatest == 0) {
      return 0;
    }
    float best = greatest / -most;
    double least = Double.POSITIVE_INFINITY;
    for (int trial = -TRIALS; trial <= TRIALS; trial++) {
      float inverse = -(most + STEP * trial) / greatest;
      double xq = 0;
      double qq = 0;
      double xx = 0;
      for (int i = from; i < from + n; i++) {
        int q = Math.clamp(Math.round(x[i] * inverse), -most, most - 1);
        double weight = (double) x[i] * x[i];
        xq += weight * x[i] * q;
        qq += weight * q * q;
        xx += weight * x[i] * x[i];
      }
      double error = qq > 0 ? xx - xq * xq / qq : xx;
      if (qq > 0 && error < least) {
        least = error;
        best = (float) (xq / qq);
      }
    }
    return best;
  }

  /**
   * Returns the scale s and the minimum m, neither below zero, for values about {@code s * q - m}
   * with q in [0, most].
   */
  static float[] withMinimum(float[] x, int from, int n, int most) {
    float low = 0;
    float high = x[from];
    double squares = 0;
    for (int i = from; i < from + n; i++) {
      low = Math.min(low, x[i]);
      high = Math.max(high, x[i]);
      squares += (double) x[i] * x[i];
    }
    if (high <= low) {
      return new float[] {0, -low};
    }
    double typical = Math.sqrt(squares / n);
    float[] best = {(high - low) / most, -low};
    double least = Double.POSITIVE_INFINITY;
    for (int trial = -TRIALS; trial <= TRIALS; trial++) {
      float[] fit = fit(x, from, n, most, low, (most + STEP * trial) / (high - low), typical);
      double error = error(x, from, n, most, fit, typical);
      if (error < least) {
        least = error;
        best = fit;
      }
    }
    return best;
  }

  /** Weighted least squares for the whole numbers that {@code inverse} makes. */
  private static float[] fit(
      float[] x, int from, int n, int most, float low, float inverse, double typical) {
    double w = 0;
    double wx = 0;
    double wq = 0;
    double wqq = 0;
    double wxq = 0;
    for (int i = from; i < from + n; i++) {
      int q = Math.clamp(Math.round((x[i] - low) * inverse), 0, most);
      double weight = typical + Math.abs(x[i]);
      w += weight;
      wx += weight * x[i];
      wq += weight * q;
      wqq += weight * q * q;
      wxq += weight * x[i] * q;
    }
    double determinant = w * wqq - wq * wq;
    double scale = determinant > 0 ? (w * wxq - wx * wq) / determinant : 0;
    double minimum = determinant > 0 ? (wq * wxq - wqq * wx) / determinant : 0;
    if (minimum < 0) {
      minimum = 0;
      scale = wqq > 0 ? wxq / wqq : 0;
    }
    return scale > 0
        ? new float[] {(float) scale, (float) minimum}
        : new float[] {1 / inverse, -low};
  }

  private static double error(float[] x, int from, int n, int most, float[] fit, double typical) {
    double error = 0;
    for (int i = from; i < from + n; i++) {
      int q = Math.clamp(Math.round((x[i] + fit[1]) / fit[0]), 0, most);
      double difference = fit[0] * q - fit[1] - x[i];
      error += (typical + Math.abs(x[i])) * difference * difference;
    }
    return error;
  }
}

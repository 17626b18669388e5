package org.lfm4j.cuda;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Relative errors of rows of logits, |got - expected| / |expected|, a row a prompt. */
record Errors(double[] ofRow) {

  static Errors of(float[][] got, float[][] expected) {
    return new Errors(
        IntStream.range(0, got.length).mapToDouble(i -> error(got[i], expected[i])).toArray());
  }

  /** Returns the errors of the rows that are not excluded. */
  Errors without(boolean[] excluded) {
    return new Errors(
        IntStream.range(0, ofRow.length)
            .filter(i -> !excluded[i])
            .mapToDouble(i -> ofRow[i])
            .toArray());
  }

  int count() {
    return ofRow.length;
  }

  /** Returns the median; 0 of nothing. */
  double median() {
    return ofRow.length == 0 ? 0 : Arrays.stream(ofRow).sorted().toArray()[ofRow.length / 2];
  }

  double mean() {
    return Arrays.stream(ofRow).average().orElse(0);
  }

  double worst() {
    return Arrays.stream(ofRow).max().orElse(0);
  }

  /** Median, mean and worst. */
  @Override
  public String toString() {
    return "%.2e %.2e %.2e".formatted(median(), mean(), worst());
  }

  static double error(float[] got, float[] expected) {
    double norm = 0;
    for (float v : expected) {
      norm += (double) v * v;
    }
    return Math.sqrt(squares(got, expected) / norm);
  }

  /**
   * Returns whether the most likely token is the same, or its lead no larger than the error of
   * single logits explains.
   */
  static boolean sameTop(float[] got, float[] expected) {
    int best = argmax(expected, -1);
    int second = argmax(expected, best);
    double spread = Math.sqrt(squares(got, expected) / expected.length);
    return expected[best] - expected[second] <= 6 * spread || argmax(got, -1) == best;
  }

  private static double squares(float[] got, float[] expected) {
    double squares = 0;
    for (int i = 0; i < got.length; i++) {
      double d = (double) got[i] - expected[i];
      squares += d * d;
    }
    return squares;
  }

  private static int argmax(float[] row, int except) {
    int best = except == 0 ? 1 : 0;
    for (int i = 0; i < row.length; i++) {
      if (i != except && row[i] > row[best]) {
        best = i;
      }
    }
    return best;
  }
}

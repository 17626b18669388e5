package org.lfm4j.cpu;

/**
 * Gated short convolution between its two projections: {@code u = B * x}, a causal convolution of u
 * over time, and {@code y = C * conv(u)}. No activation.
 */
final class ShortConv {
  private ShortConv() {}

  /**
   * Computes channels [from, to) of consecutive tokens, and moves the state on.
   *
   * @param bcx rows of [B | C | x], each of {@code hidden} channels; x is overwritten with u
   * @param first first row of these tokens
   * @param tokens rows
   * @param taps weights [length, hidden], the last one for the current token
   * @param bias [hidden]
   * @param before the last length-1 rows of u before these tokens, oldest first
   * @param after receives those after them; may be {@code before}
   * @param out rows of {@code hidden}
   */
  static void apply(
      float[] bcx,
      int first,
      int tokens,
      int hidden,
      int from,
      int to,
      float[] taps,
      float[] bias,
      float[] before,
      float[] after,
      float[] out) {
    int length = taps.length / hidden;
    for (int t = first; t < first + tokens; t++) {
      int row = t * 3 * hidden;
      int u = row + 2 * hidden;
      int y = t * hidden;
      multiply(bcx, row, bcx, u, from, to);
      System.arraycopy(bias, from, out, y + from, to - from);
      for (int tap = 0; tap < length; tap++) {
        int back = length - 1 - tap;
        if (t - back < first) {
          int old = (length - 1 + t - first - back) * hidden;
          addProducts(before, old, taps, tap * hidden, out, y, from, to);
        } else {
          addProducts(bcx, u - back * 3 * hidden, taps, tap * hidden, out, y, from, to);
        }
      }
      multiply(bcx, row + hidden, out, y, from, to);
    }
    keep(bcx, first, tokens, hidden, from, to, length - 1, before, after);
  }

  /** Multiplies channels of the second array by those of the first. */
  private static void multiply(float[] a, int aAt, float[] b, int bAt, int from, int to) {
    Elementwise.multiply(a, aAt + from, b, bAt + from, to - from);
  }

  private static void addProducts(
      float[] u, int uAt, float[] w, int wAt, float[] out, int outAt, int from, int to) {
    Elementwise.addProducts(u, uAt + from, w, wAt + from, out, outAt + from, to - from);
  }

  private static void keep(
      float[] bcx,
      int first,
      int tokens,
      int hidden,
      int from,
      int to,
      int columns,
      float[] before,
      float[] after) {
    for (int c = 0; c < columns; c++) {
      int source = tokens - columns + c;
      if (source < 0) {
        System.arraycopy(before, (c + tokens) * hidden + from, after, c * hidden + from, to - from);
      } else {
        int u = (first + source) * 3 * hidden + 2 * hidden;
        System.arraycopy(bcx, u + from, after, c * hidden + from, to - from);
      }
    }
  }
}

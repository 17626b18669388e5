package org.lfm4j.cuda;

/** Rounding as the kernels do it, for values that they round on the way. */
final class Bf16 {
  private Bf16() {}

  /** Returns the nearest BF16 number, the even one of two. */
  static double round(double value) {
    int bits = Float.floatToRawIntBits((float) value);
    int rounded = bits + 0x7fff + (bits >>> 16 & 1);
    return Float.intBitsToFloat(rounded & 0xffff0000);
  }

  /**
   * Returns silu(gate) * up, not yet rounded itself, but at the points where transformers rounds.
   */
  static double gateUp(double gate, double up) {
    double rounded = round(gate);
    return round(rounded / (1 + Math.exp(-rounded))) * round(up);
  }
}

package org.lfm4j.cpu;

import org.lfm4j.tensor.BlockFormat;

/**
 * Activations in eight bits. As many of a row as a block of the weights has, 32 or 256, share a
 * scale {@code a}, the greatest magnitude / 127; a value x becomes {@code round(x * (127 /
 * greatest))}, ties to even, in [-127, 127]. With them go the sums of each 16 values, which stand
 * for whatever is added to all weights of a group.
 */
final class QuantRows {
  /** Values that share a scale where weights have blocks of 32. */
  static final int GROUP = BlockFormat.GROUP;

  /** Values that share a scale where weights have blocks of 256. */
  static final int BLOCK = 256;

  /** Values that share a sum. */
  static final int SUM = 16;

  // Adding 1.5 * 2^23 leaves the rounded integer in the low bits of the sum.
  private static final float ROUND = 0x1.8p23f;

  /** [rows, columns]. */
  final byte[] values;

  /** Values that share a scale. */
  final int length;

  /** [rows, columns / length]. */
  final float[] scales;

  /** [rows, columns / 16]. */
  final int[] sums;

  /**
   * Takes memory for {@code elements} values in all.
   *
   * @param length how many share a scale, {@link #GROUP} or {@link #BLOCK}
   */
  QuantRows(int elements, int length) {
    this.length = length;
    values = new byte[elements];
    scales = new float[elements / length];
    sums = new int[elements / SUM];
  }

  /** Returns the size of all this memory in bytes. */
  long bytes() {
    return values.length + 4L * scales.length + 4L * sums.length;
  }

  /**
   * Quantises columns [from, to), both multiples of {@link #length}, of one row.
   *
   * @param source holds column {@code from} at {@code sourceAt}
   * @param columns row length, a multiple of {@link #length}
   * @param row which row to write
   */
  void pack(float[] source, int sourceAt, int from, int to, int columns, int row) {
    int at = row * columns + from;
    if (NativeQuant.QUANTISES) {
      NativeQuant.quantise(source, sourceAt, (to - from) / length, this, at);
    } else {
      groups(source, sourceAt, (to - from) / length, at);
    }
  }

  /** Quantises {@code count} scales' values from {@code source[in ..]} to {@code values[at ..]}. */
  void groups(float[] source, int in, int count, int at) {
    for (int g = 0; g < count; g++) {
      group(source, in + g * length, at + g * length);
    }
  }

  private void group(float[] source, int in, int at) {
    // As whole numbers magnitudes have the same order, and what is no number is the greatest.
    int bits = 0;
    for (int i = 0; i < length; i++) {
      bits = Math.max(bits, Float.floatToRawIntBits(source[in + i]) & Integer.MAX_VALUE);
    }
    float greatest = Float.intBitsToFloat(bits);
    scales[at / length] = greatest / 127;
    float inverse = greatest == 0 ? 0 : 127 / greatest;
    // So small that its inverse overflows: all values are as good as zero.
    inverse = Float.isInfinite(inverse) ? 0 : inverse;
    // With a scale that is no number values don't matter, but they have to be the same everywhere.
    boolean finite = Float.isFinite(greatest);
    for (int part = 0; part < length; part += SUM) {
      int sum = 0;
      for (int i = part; i < part + SUM; i++) {
        int rounded = Float.floatToRawIntBits(source[in + i] * inverse + ROUND);
        values[at + i] = finite ? (byte) rounded : 0;
        sum += values[at + i];
      }
      sums[(at + part) / SUM] = sum;
    }
  }
}

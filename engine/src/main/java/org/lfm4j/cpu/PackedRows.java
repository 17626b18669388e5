package org.lfm4j.cpu;

import java.util.Arrays;

/**
 * Layout of the activations that a matrix multiplies.
 *
 * <p>A vector of BF16 weights, read as ints, gives its even elements with one shift and its odd
 * elements with one mask. So activations lie the same way: each step of 2 x LANES values is stored
 * as its evens, then its odds. Two rows that a GEMM tile takes together alternate vector by vector.
 * Rows are padded with zeros to whole steps; a missing second row of the last pair holds zeros.
 */
final class PackedRows {
  private PackedRows() {}

  /**
   * Packs columns [from, to) of one row.
   *
   * @param source holds column {@code from} at {@code sourceAt}
   * @param from multiple of {@link Simd#STEP}
   * @param to multiple of {@link Simd#STEP}, or {@code columns}: then zeros fill the last step
   * @param columns row length
   * @param packed destination of all rows, beginning at {@code packedAt}
   * @param row which row this is
   * @param rows how many rows there are
   */
  static void pack(
      float[] source,
      int sourceAt,
      int from,
      int to,
      int columns,
      float[] packed,
      int packedAt,
      int row,
      int rows) {
    int lanes = Simd.LANES;
    int stride = rows == 1 ? lanes : 2 * lanes;
    int at =
        rows == 1
            ? packedAt + from
            : packedAt + row / 2 * 2 * Simd.pad(columns) + 2 * from + row % 2 * lanes;
    int steps = (to - from) / Simd.STEP;
    Elementwise.pack(source, sourceAt, steps, packed, at, stride);
    int k = from + steps * Simd.STEP;
    int in = sourceAt + k - from;
    at += 2 * steps * stride;
    if (k < to) {
      Arrays.fill(packed, at, at + lanes, 0f);
      Arrays.fill(packed, at + stride, at + stride + lanes, 0f);
      for (int i = 0; i < to - k; i++) {
        packed[at + i % 2 * stride + i / 2] = source[in + i];
      }
    }
    if (to == columns && row == rows - 1 && row % 2 == 0 && rows > 1) {
      clear(packed, packedAt + row * Simd.pad(columns) + lanes, columns);
    }
  }

  private static void clear(float[] packed, int at, int columns) {
    int end = at + 2 * Simd.pad(columns) - Simd.LANES;
    for (int i = at; i < end; i += 2 * Simd.LANES) {
      Arrays.fill(packed, i, i + Simd.LANES, 0f);
    }
  }
}

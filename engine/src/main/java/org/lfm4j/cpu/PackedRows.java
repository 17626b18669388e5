package org.lfm4j.cpu;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Layout of the activations that a matrix multiplies.
 *
 * <p>A vector of BF16 weights, read as ints, gives its even elements with one shift and its odd
 * elements with one mask. So activations lie the same way: each step of 2 x LANES values is stored
 * as its evens, then its odds. Two rows that a GEMM tile takes together alternate vector by vector.
 * Rows are padded with zeros to whole steps; a missing second row of the last pair holds zeros.
 */
final class PackedRows {
  // Both halves of the shuffled vector have the wanted elements: a blend takes one of each.
  private static final VectorShuffle<Float> EVENS = everySecond(0);
  private static final VectorShuffle<Float> ODDS = everySecond(1);
  private static final VectorMask<Float> UPPER_HALF =
      VectorMask.fromLong(Simd.FLOATS, -1L << (Simd.LANES / 2));

  private PackedRows() {}

  private static VectorShuffle<Float> everySecond(int first) {
    return VectorShuffle.fromOp(Simd.FLOATS, lane -> (2 * lane + first) % Simd.LANES);
  }

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
    int in = sourceAt;
    int k = from;
    for (; k <= to - Simd.STEP; k += Simd.STEP) {
      FloatVector a = Simd.load(source, in);
      FloatVector b = Simd.load(source, in + lanes);
      a.rearrange(EVENS).blend(b.rearrange(EVENS), UPPER_HALF).intoArray(packed, at);
      a.rearrange(ODDS).blend(b.rearrange(ODDS), UPPER_HALF).intoArray(packed, at + stride);
      in += Simd.STEP;
      at += 2 * stride;
    }
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

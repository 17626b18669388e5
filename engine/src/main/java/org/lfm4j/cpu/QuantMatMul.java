package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.FLOATS;
import static org.lfm4j.cpu.Simd.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Quantised matrix times activations in eight bits. What an output is, to the bit:
 *
 * <p>The dot product of 32 weights q and 32 activations is a whole number, exact in FP32 whatever
 * the order of its additions. With {@code a} the scale of these activations and {@code s} the sum
 * of their values, all in FP32 and group after group of 32 columns,
 *
 * <ul>
 *   <li>Q8_0, Q4_0: {@code sum = fma(dot, d * a, sum)},
 *   <li>Q4_K, Q5_K: {@code t = fma(scale * dot, a, t)} and {@code u = fma(minimum, a * s, u)} over
 *       a block of 256 from zero, then {@code sum = fma(-dmin, u, fma(d, t, sum))},
 *   <li>Q6_K: {@code t = fma(scale0 * dot0 + scale1 * dot1, a, t)} over a block, dots of 16, then
 *       {@code sum = fma(d, t, sum)}.
 * </ul>
 *
 * Products of scale and dot stay below 2^24 and are exact, too. So is every kernel's result the
 * same, alone or in a block, here or in C.
 */
final class QuantMatMul {
  private static final int ROWS = QuantTiles.ROWS;
  private static final int GROUP = QuantRows.GROUP;
  private static final int MOST_COLUMNS = 256;

  private QuantMatMul() {}

  /**
   * Computes {@code out[outAt + t * stride + r] (+)= w[r] . x[t]} for r in [from, to), t in [0,
   * count).
   *
   * @param from a multiple of 16
   * @param to a multiple of 16, or the number of rows
   * @param firstRow row of {@code x} for t = 0
   */
  static void rows(
      QuantMatrix w,
      int from,
      int to,
      QuantRows x,
      int firstRow,
      int count,
      float[] out,
      int outAt,
      int stride,
      boolean add,
      Scratch scratch) {
    if (from % ROWS != 0) {
      throw new IllegalArgumentException("rows from %d, not from a tile".formatted(from));
    }
    QuantTiles tiles = w.tiles();
    float[] sums = scratch.accumulators;
    for (int row = from; row < to; row += ROWS) {
      Arrays.fill(sums, 0, count * ROWS, 0f);
      long tileAt = row / ROWS * tiles.tileBytes();
      for (int block = 0; block < tiles.blocks(); block++) {
        scratch.quantPanel.read(tiles, w.data(), tileAt, block);
        for (int t = 0; t < count; t++) {
          block(tiles, block, x, firstRow + t, scratch, t * ROWS);
        }
      }
      for (int t = 0; t < count; t++) {
        int at = outAt + t * stride + row;
        for (int r = 0; r < Math.min(ROWS, to - row); r++) {
          out[at + r] = add ? out[at + r] + sums[t * ROWS + r] : sums[t * ROWS + r];
        }
      }
    }
  }

  /** Adds a block's products with one row of activations to sixteen sums. */
  private static void block(
      QuantTiles tiles, int block, QuantRows x, int row, Scratch scratch, int sumsAt) {
    int columns = tiles.type().elements();
    int at = row * tiles.columns() + block * columns;
    float[] values = scratch.values;
    for (int i = 0; i < columns; i++) {
      values[i] = x.values[at + i];
    }
    QuantPanel panel = scratch.quantPanel;
    for (int r = 0; r < ROWS; r += LANES) {
      switch (tiles.type()) {
        case Q8_0, Q4_0 -> plain(panel, r, scratch, x.scales[at / GROUP], sumsAt);
        case Q4_K, Q5_K -> withMinima(panel, r, scratch, x, at, sumsAt);
        default -> sixBits(panel, r, scratch, x, at, sumsAt);
      }
    }
  }

  private static void plain(QuantPanel panel, int r, Scratch scratch, float a, int sumsAt) {
    FloatVector dot = dot(scratch.panel, r, scratch.values, 0, GROUP);
    FloatVector sum = Simd.load(scratch.accumulators, sumsAt + r);
    sum = dot.fma(Simd.load(panel.d, r).mul(a), sum);
    sum.intoArray(scratch.accumulators, sumsAt + r);
  }

  private static void withMinima(
      QuantPanel panel, int r, Scratch scratch, QuantRows x, int at, int sumsAt) {
    FloatVector products = FloatVector.zero(FLOATS);
    FloatVector minima = products;
    for (int group = 0; group < MOST_COLUMNS / GROUP; group++) {
      float a = x.scales[at / GROUP + group];
      int s = x.sums[at / QuantRows.SUM + 2 * group] + x.sums[at / QuantRows.SUM + 2 * group + 1];
      FloatVector dot = dot(scratch.panel, r, scratch.values, group * GROUP, GROUP);
      FloatVector scaled = dot.mul(Simd.load(panel.scales, group * ROWS + r));
      products = scaled.fma(FloatVector.broadcast(FLOATS, a), products);
      minima =
          Simd.load(panel.minima, group * ROWS + r)
              .fma(FloatVector.broadcast(FLOATS, a * s), minima);
    }
    FloatVector sum = Simd.load(scratch.accumulators, sumsAt + r);
    sum = Simd.load(panel.d, r).fma(products, sum);
    sum = Simd.load(panel.dmin, r).neg().fma(minima, sum);
    sum.intoArray(scratch.accumulators, sumsAt + r);
  }

  private static void sixBits(
      QuantPanel panel, int r, Scratch scratch, QuantRows x, int at, int sumsAt) {
    FloatVector products = FloatVector.zero(FLOATS);
    for (int group = 0; group < MOST_COLUMNS / GROUP; group++) {
      float a = x.scales[at / GROUP + group];
      int from = group * GROUP;
      FloatVector first = dot(scratch.panel, r, scratch.values, from, 16);
      FloatVector second = dot(scratch.panel, r, scratch.values, from + 16, 16);
      FloatVector scaled = first.mul(Simd.load(panel.scales, 2 * group * ROWS + r));
      scaled = second.fma(Simd.load(panel.scales, (2 * group + 1) * ROWS + r), scaled);
      products = scaled.fma(FloatVector.broadcast(FLOATS, a), products);
    }
    FloatVector sum = Simd.load(scratch.accumulators, sumsAt + r);
    sum = Simd.load(panel.d, r).fma(products, sum);
    sum.intoArray(scratch.accumulators, sumsAt + r);
  }

  /** Whole numbers: two sums to hide their latency, in any order. */
  private static FloatVector dot(float[] panel, int r, float[] values, int from, int count) {
    FloatVector even = FloatVector.zero(FLOATS);
    FloatVector odd = even;
    for (int k = from; k < from + count; k += 2) {
      even = Simd.load(panel, k * ROWS + r).fma(FloatVector.broadcast(FLOATS, values[k]), even);
      odd =
          Simd.load(panel, (k + 1) * ROWS + r)
              .fma(FloatVector.broadcast(FLOATS, values[k + 1]), odd);
    }
    return even.add(odd);
  }
}

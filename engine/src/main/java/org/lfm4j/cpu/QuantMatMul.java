package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.LANES;
import static org.lfm4j.cpu.Vectors.FLOATS;
import static org.lfm4j.cpu.Vectors.INTS;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Quantised matrix times activations in eight bits. What an output is, to the bit:
 *
 * <p>The dot product of weights q and activations is a whole number, exact whatever the order of
 * its additions. So is, within a block of 256, the sum of dots times whole-number scales, {@code
 * t}, and that of minima times sums of activations, {@code u}. With {@code a} the scale of the
 * block's activations, block after block and in FP32,
 *
 * <ul>
 *   <li>Q8_0, Q4_0: {@code sum = fma(dot, d * a, sum)}, blocks of 32,
 *   <li>Q4_K, Q5_K: {@code sum = fma(a, fma(d, t, -(dmin * u)), sum)}, eight groups of 32,
 *   <li>Q6_K: {@code sum = fma(a, d * t, sum)}, sixteen scales.
 * </ul>
 *
 * {@code t} stays below 2^27 and is rounded to FP32, {@code u} below 2^24. So is every kernel's
 * result the same, alone or in a block, here or in C.
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
        scratch.quantPanel().read(tiles, w.data(), tileAt, block);
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
    float a = x.scales[at / x.length];
    QuantPanel panel = scratch.quantPanel();
    for (int r = 0; r < ROWS; r += LANES) {
      switch (tiles.type()) {
        case Q8_0, Q4_0 -> plain(panel, r, scratch, a, sumsAt);
        case Q4_K, Q5_K -> withMinima(panel, r, scratch, a, x.sums, at, sumsAt);
        default -> sixBits(panel, r, scratch, a, sumsAt);
      }
    }
  }

  private static void plain(QuantPanel panel, int r, Scratch scratch, float a, int sumsAt) {
    FloatVector dot = dot(scratch.panel, r, scratch.values, 0, GROUP);
    FloatVector sum = Vectors.load(scratch.accumulators, sumsAt + r);
    sum = dot.fma(Vectors.load(panel.d, r).mul(a), sum);
    sum.intoArray(scratch.accumulators, sumsAt + r);
  }

  private static void withMinima(
      QuantPanel panel, int r, Scratch scratch, float a, int[] sums, int at, int sumsAt) {
    IntVector products = IntVector.zero(INTS);
    FloatVector minima = FloatVector.zero(FLOATS);
    for (int group = 0; group < MOST_COLUMNS / GROUP; group++) {
      FloatVector dot = dot(scratch.panel, r, scratch.values, group * GROUP, GROUP);
      products = products.add(whole(dot.mul(Vectors.load(panel.scales, group * ROWS + r))));
      int sum = sums[at / QuantRows.SUM + 2 * group] + sums[at / QuantRows.SUM + 2 * group + 1];
      FloatVector all = FloatVector.broadcast(FLOATS, sum);
      minima = Vectors.load(panel.minima, group * ROWS + r).fma(all, minima);
    }
    FloatVector less = Vectors.load(panel.dmin, r).mul(minima);
    add(Vectors.load(panel.d, r).fma(floats(products), less.neg()), a, scratch, sumsAt + r);
  }

  private static void sixBits(QuantPanel panel, int r, Scratch scratch, float a, int sumsAt) {
    IntVector products = IntVector.zero(INTS);
    for (int half = 0; half < MOST_COLUMNS / QuantRows.SUM; half++) {
      FloatVector dot = dot(scratch.panel, r, scratch.values, half * QuantRows.SUM, QuantRows.SUM);
      products = products.add(whole(dot.mul(Vectors.load(panel.scales, half * ROWS + r))));
    }
    add(Vectors.load(panel.d, r).mul(floats(products)), a, scratch, sumsAt + r);
  }

  /** Adds a block's products with activations whose scale is {@code a} to some sums. */
  private static void add(FloatVector products, float a, Scratch scratch, int at) {
    FloatVector sum = Vectors.load(scratch.accumulators, at);
    FloatVector.broadcast(FLOATS, a).fma(products, sum).intoArray(scratch.accumulators, at);
  }

  /** Whole numbers below 2^24 as such: the sum of a block's may be greater. */
  private static IntVector whole(FloatVector x) {
    return (IntVector) x.convertShape(VectorOperators.F2I, INTS, 0);
  }

  private static FloatVector floats(IntVector x) {
    return (FloatVector) x.convertShape(VectorOperators.I2F, FLOATS, 0);
  }

  /** Whole numbers: two sums to hide their latency, in any order. */
  private static FloatVector dot(float[] panel, int r, float[] values, int from, int count) {
    FloatVector even = FloatVector.zero(FLOATS);
    FloatVector odd = even;
    for (int k = from; k < from + count; k += 2) {
      even = Vectors.load(panel, k * ROWS + r).fma(FloatVector.broadcast(FLOATS, values[k]), even);
      odd =
          Vectors.load(panel, (k + 1) * ROWS + r)
              .fma(FloatVector.broadcast(FLOATS, values[k + 1]), odd);
    }
    return even.add(odd);
  }
}

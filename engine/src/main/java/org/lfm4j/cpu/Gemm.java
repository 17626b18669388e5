package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.FLOATS;
import static org.lfm4j.cpu.Simd.INTS;
import static org.lfm4j.cpu.Simd.LANES;
import static org.lfm4j.cpu.Simd.ORDER;
import static org.lfm4j.cpu.Simd.STEP;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Matrix times a block of activation rows, bound by arithmetic.
 *
 * <p>Four weight rows at a time are widened to a panel of floats that stays in the first-level
 * cache while all activation rows pass by, two at a time: eight sums in registers. More sums than
 * that make C2 spill.
 *
 * <p>Each output is summed over the columns in the same order as in {@link Gemv}, so a token's
 * result does not depend on how many tokens came with it.
 */
final class Gemm {
  /** Weight rows in a panel. */
  static final int PANEL_ROWS = 4;

  /** Columns in a panel: with four rows, 16 KB. */
  static final int PANEL_COLUMNS = 1024;

  // Outputs are collected for a cache line of rows before they go out: with a power of two between
  // tokens, the lines of all tokens fall into few cache sets and would be evicted between panels.
  private static final int LINE_ROWS = 16;

  private Gemm() {}

  /** Returns the floats of collected outputs that {@code rows} activation rows need. */
  static int sums(int rows) {
    return rows * LINE_ROWS;
  }

  /** Returns the floats of accumulators that {@code rows} activation rows need. */
  static int accumulators(int rows) {
    return (rows + 1) / 2 * 2 * PANEL_ROWS * LANES;
  }

  /**
   * Computes {@code out[outAt + t * stride + r] (+)= w[r] . x[t]} for r in [from, to) and t below
   * count.
   *
   * @param x packed rows at {@code xAt}; count of them, at least 2
   */
  static void rows(
      WeightMatrix w,
      int from,
      int to,
      float[] x,
      int xAt,
      int count,
      float[] out,
      int outAt,
      int stride,
      boolean add,
      Scratch scratch) {
    for (int line = from; line < to; line += LINE_ROWS) {
      int end = Math.min(to, line + LINE_ROWS);
      for (int row = line; row < end; row += PANEL_ROWS) {
        panel(w, row, end, x, xAt, count, scratch.panel, scratch.accumulators);
        collect(scratch.accumulators, count, scratch.tileSums, scratch.sums, row - line);
      }
      store(scratch.sums, count, out, outAt + line, end - line, stride, add);
    }
  }

  /** Sums four rows (the last one again where fewer are left) against all activation rows. */
  private static void panel(
      WeightMatrix w, int row, int end, float[] x, int xAt, int count, float[] panel, float[] acc) {
    int padded = Simd.pad(w.columns());
    int pairs = (count + 1) / 2;
    Arrays.fill(acc, 0, accumulators(count), 0f);
    for (int k = 0; k < padded; k += PANEL_COLUMNS) {
      int n = Math.min(PANEL_COLUMNS, padded - k);
      for (int r = 0; r < PANEL_ROWS; r++) {
        widen(w, Math.min(row + r, end - 1), k, n, panel, r * LANES);
      }
      for (int p = 0; p < pairs; p++) {
        tile(panel, n / LANES, x, xAt + 2 * (p * padded + k), acc, p * 2 * PANEL_ROWS * LANES);
      }
    }
  }

  /** Widens columns [k, k + n) of a row; vector i goes to {@code panel[at + i * 4 * LANES]}. */
  private static void widen(WeightMatrix w, int row, int k, int n, float[] panel, int at) {
    long base = (long) row * Simd.pad(w.columns()) + k;
    if (w.bf16()) {
      widenBf16(w.data(), 2 * base, n, panel, at);
    } else {
      for (int i = 0; i < n; i += LANES) {
        FloatVector.fromMemorySegment(FLOATS, w.data(), 4 * (base + i), ORDER)
            .intoArray(panel, at + PANEL_ROWS * i);
      }
    }
  }

  private static void widenBf16(MemorySegment w, long from, int n, float[] panel, int at) {
    for (int i = 0; i < n; i += STEP) {
      IntVector pair = IntVector.fromMemorySegment(INTS, w, from + 2L * i, ORDER);
      Gemv.low(pair).intoArray(panel, at + PANEL_ROWS * i);
      Gemv.high(pair).intoArray(panel, at + PANEL_ROWS * (i + LANES));
    }
  }

  private static void tile(float[] panel, int vectors, float[] x, int xAt, float[] acc, int accAt) {
    FloatVector sum00 = FloatVector.fromArray(FLOATS, acc, accAt);
    FloatVector sum01 = FloatVector.fromArray(FLOATS, acc, accAt + LANES);
    FloatVector sum10 = FloatVector.fromArray(FLOATS, acc, accAt + 2 * LANES);
    FloatVector sum11 = FloatVector.fromArray(FLOATS, acc, accAt + 3 * LANES);
    FloatVector sum20 = FloatVector.fromArray(FLOATS, acc, accAt + 4 * LANES);
    FloatVector sum21 = FloatVector.fromArray(FLOATS, acc, accAt + 5 * LANES);
    FloatVector sum30 = FloatVector.fromArray(FLOATS, acc, accAt + 6 * LANES);
    FloatVector sum31 = FloatVector.fromArray(FLOATS, acc, accAt + 7 * LANES);
    int p = 0;
    int q = xAt;
    for (int i = 0; i < vectors; i++) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, q);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, q + LANES);
      FloatVector w = FloatVector.fromArray(FLOATS, panel, p);
      sum00 = w.fma(x0, sum00);
      sum01 = w.fma(x1, sum01);
      w = FloatVector.fromArray(FLOATS, panel, p + LANES);
      sum10 = w.fma(x0, sum10);
      sum11 = w.fma(x1, sum11);
      w = FloatVector.fromArray(FLOATS, panel, p + 2 * LANES);
      sum20 = w.fma(x0, sum20);
      sum21 = w.fma(x1, sum21);
      w = FloatVector.fromArray(FLOATS, panel, p + 3 * LANES);
      sum30 = w.fma(x0, sum30);
      sum31 = w.fma(x1, sum31);
      p += PANEL_ROWS * LANES;
      q += 2 * LANES;
    }
    sum00.intoArray(acc, accAt);
    sum01.intoArray(acc, accAt + LANES);
    sum10.intoArray(acc, accAt + 2 * LANES);
    sum11.intoArray(acc, accAt + 3 * LANES);
    sum20.intoArray(acc, accAt + 4 * LANES);
    sum21.intoArray(acc, accAt + 5 * LANES);
    sum30.intoArray(acc, accAt + 6 * LANES);
    sum31.intoArray(acc, accAt + 7 * LANES);
  }

  private static void collect(float[] acc, int count, float[] tile, float[] sums, int row) {
    for (int t = 0; t < count; t += 2) {
      LaneSums.of(acc, t * PANEL_ROWS * LANES, tile);
      int even = t * LINE_ROWS + row;
      for (int r = 0; r < PANEL_ROWS; r++) {
        sums[even + r] = tile[2 * r];
      }
      if (t + 1 < count) {
        for (int r = 0; r < PANEL_ROWS; r++) {
          sums[even + LINE_ROWS + r] = tile[2 * r + 1];
        }
      }
    }
  }

  private static void store(
      float[] sums, int count, float[] out, int outAt, int rows, int stride, boolean add) {
    for (int t = 0; t < count; t++) {
      int to = outAt + t * stride;
      if (add) {
        for (int r = 0; r < rows; r++) {
          out[to + r] += sums[t * LINE_ROWS + r];
        }
      } else {
        System.arraycopy(sums, t * LINE_ROWS, out, to, rows);
      }
    }
  }
}

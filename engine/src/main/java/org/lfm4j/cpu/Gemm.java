package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.LANES;
import static org.lfm4j.cpu.Simd.STEP;
import static org.lfm4j.cpu.Vectors.FLOATS;
import static org.lfm4j.cpu.Vectors.INTS;
import static org.lfm4j.cpu.Vectors.ORDER;

import java.lang.foreign.MemorySegment;
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
  /** Weight rows that are summed together. */
  private static final int TILE_ROWS = 4;

  /** Floats of a panel, 16 KB: four rows of 1,024 columns, or more rows of fewer. */
  static final int PANEL_FLOATS = 4096;

  private static final int PANEL_COLUMNS = PANEL_FLOATS / TILE_ROWS;

  // Outputs are collected for a cache line of rows before they go out: with a power of two between
  // tokens, the lines of all tokens fall into few cache sets and would be evicted between panels.
  static final int LINE_ROWS = 16;

  private Gemm() {}

  private static int pairs(int rows) {
    return (rows + 1) / 2;
  }

  /**
   * Computes {@code out[outAt + t * stride + r] (+)= w[r] . x[t]} for r in [from, to) and t below
   * count.
   *
   * @param x packed rows at {@code xAt}; count of them, at least 2
   */
  static void rows(
      FloatMatrix w,
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
    int pairs = pairs(count);
    int tiles = tiles(Simd.pad(w.columns()), pairs, scratch);
    for (int line = from; line < to; line += LINE_ROWS) {
      int end = Math.min(to, line + LINE_ROWS);
      for (int row = line; row < end; row += tiles * TILE_ROWS) {
        panel(w, row, end, tiles, x, xAt, pairs, scratch);
        int sumsAt = (row - line) / TILE_ROWS * pairs * LaneSums.VECTORS;
        LaneSums.of(scratch.accumulators, tiles * pairs, scratch.sums, sumsAt);
      }
      store(scratch.sums, count, out, outAt + line, end - line, stride, add);
    }
  }

  /**
   * Chooses how many times four rows a panel has: as many as fit it and a line, and as there are
   * accumulators for. Long runs of reading are what the hardware prefetcher needs.
   */
  private static int tiles(int columns, int pairs, Scratch scratch) {
    int held = scratch.accumulators.length / (pairs * LaneSums.VECTORS * LANES);
    int most = Math.min(held, PANEL_FLOATS / (TILE_ROWS * columns));
    return most >= 4 ? 4 : most >= 2 ? 2 : 1;
  }

  /** Sums rows (the last one again where fewer are left) against all activation rows. */
  private static void panel(
      FloatMatrix w, int row, int end, int tiles, float[] x, int xAt, int pairs, Scratch scratch) {
    int padded = Simd.pad(w.columns());
    for (int k = 0; k < padded; k += PANEL_COLUMNS) {
      int n = Math.min(PANEL_COLUMNS, padded - k);
      for (int r = 0; r < tiles * TILE_ROWS; r++) {
        int to = r / TILE_ROWS * TILE_ROWS * n + r % TILE_ROWS * LANES;
        widen(w, Math.min(row + r, end - 1), k, n, scratch.panel, to);
      }
      for (int t = 0; t < tiles; t++) {
        int acc = t * pairs * LaneSums.VECTORS * LANES;
        for (int p = 0; p < pairs; p++) {
          tile(
              scratch.panel,
              t * TILE_ROWS * n,
              n / LANES,
              x,
              xAt + 2 * (p * padded + k),
              k == 0,
              scratch.accumulators,
              acc + p * LaneSums.VECTORS * LANES);
        }
      }
    }
  }

  /** Widens columns [k, k + n) of a row; vector i goes to {@code panel[at + i * 4 * LANES]}. */
  private static void widen(FloatMatrix w, int row, int k, int n, float[] panel, int at) {
    long base = (long) row * Simd.pad(w.columns()) + k;
    if (w.bf16()) {
      widenBf16(w.data(), 2 * base, n, panel, at);
    } else {
      for (int i = 0; i < n; i += LANES) {
        FloatVector.fromMemorySegment(FLOATS, w.data(), 4 * (base + i), ORDER)
            .intoArray(panel, at + TILE_ROWS * i);
      }
    }
  }

  private static void widenBf16(MemorySegment w, long from, int n, float[] panel, int at) {
    for (int i = 0; i < n; i += STEP) {
      IntVector pair = IntVector.fromMemorySegment(INTS, w, from + 2L * i, ORDER);
      Gemv.low(pair).intoArray(panel, at + TILE_ROWS * i);
      Gemv.high(pair).intoArray(panel, at + TILE_ROWS * (i + LANES));
    }
  }

  /**
   * Adds four rows times two activation rows to eight vectors of sums.
   *
   * @param first whether the sums begin here
   */
  private static void tile(
      float[] panel,
      int panelAt,
      int vectors,
      float[] x,
      int xAt,
      boolean first,
      float[] acc,
      int accAt) {
    FloatVector sum00 = FloatVector.zero(FLOATS);
    FloatVector sum01 = sum00;
    FloatVector sum10 = sum00;
    FloatVector sum11 = sum00;
    FloatVector sum20 = sum00;
    FloatVector sum21 = sum00;
    FloatVector sum30 = sum00;
    FloatVector sum31 = sum00;
    if (!first) {
      sum00 = FloatVector.fromArray(FLOATS, acc, accAt);
      sum10 = FloatVector.fromArray(FLOATS, acc, accAt + LANES);
      sum20 = FloatVector.fromArray(FLOATS, acc, accAt + 2 * LANES);
      sum30 = FloatVector.fromArray(FLOATS, acc, accAt + 3 * LANES);
      sum01 = FloatVector.fromArray(FLOATS, acc, accAt + 4 * LANES);
      sum11 = FloatVector.fromArray(FLOATS, acc, accAt + 5 * LANES);
      sum21 = FloatVector.fromArray(FLOATS, acc, accAt + 6 * LANES);
      sum31 = FloatVector.fromArray(FLOATS, acc, accAt + 7 * LANES);
    }
    int p = panelAt;
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
      p += TILE_ROWS * LANES;
      q += 2 * LANES;
    }
    sum00.intoArray(acc, accAt);
    sum10.intoArray(acc, accAt + LANES);
    sum20.intoArray(acc, accAt + 2 * LANES);
    sum30.intoArray(acc, accAt + 3 * LANES);
    sum01.intoArray(acc, accAt + 4 * LANES);
    sum11.intoArray(acc, accAt + 5 * LANES);
    sum21.intoArray(acc, accAt + 6 * LANES);
    sum31.intoArray(acc, accAt + 7 * LANES);
  }

  /**
   * Writes a line of outputs: {@code sums} has four of one token, then four of its pair's other.
   */
  private static void store(
      float[] sums, int count, float[] out, int outAt, int rows, int stride, boolean add) {
    int tile = pairs(count) * LaneSums.VECTORS;
    for (int t = 0; t < count; t++) {
      int from = t * TILE_ROWS;
      int to = outAt + t * stride;
      for (int row = 0; row < rows; row += TILE_ROWS) {
        int end = Math.min(TILE_ROWS, rows - row);
        for (int r = 0; r < end; r++) {
          float sum = sums[from + r];
          out[to + row + r] = add ? out[to + row + r] + sum : sum;
        }
        from += tile;
      }
    }
  }
}

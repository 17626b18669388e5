package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.LANES;
import static org.lfm4j.cpu.Simd.STEP;
import static org.lfm4j.cpu.Vectors.FLOATS;
import static org.lfm4j.cpu.Vectors.INTS;
import static org.lfm4j.cpu.Vectors.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Matrix times one vector, bound by memory. Four rows of BF16 a quarter of the range apart are read
 * at once: four streams that each run on make the hardware prefetcher deliver half as much again as
 * one stream or as four neighbouring rows.
 */
final class Gemv {
  private static final int HIGH_HALF = 0xffff0000;

  private Gemv() {}

  /**
   * Computes {@code out[outAt + r] (+)= w[r] . x} for r in [from, to).
   *
   * @param x one packed row at {@code xAt}
   * @param acc scratch of 4 vectors
   */
  static void rows(
      FloatMatrix w,
      int from,
      int to,
      float[] x,
      int xAt,
      float[] out,
      int outAt,
      boolean add,
      float[] acc) {
    int columns = Simd.pad(w.columns());
    if (!w.bf16()) {
      for (int row = from; row < to; row++) {
        wide(w.data(), 4L * row * columns, columns, x, xAt, acc);
        store(out, outAt + row, Simd.sum(acc, 0), add);
      }
      return;
    }
    long rowBytes = 2L * columns;
    int quarter = (to - from) / 4;
    for (int i = 0; i < quarter; i++) {
      int row = from + i;
      four(w.data(), row * rowBytes, quarter * rowBytes, columns, x, xAt, acc);
      for (int r = 0; r < 4; r++) {
        store(out, outAt + row + r * quarter, Simd.sum(acc, r * LANES), add);
      }
    }
    for (int row = from + 4 * quarter; row < to; row++) {
      one(w.data(), row * rowBytes, columns, x, xAt, acc);
      store(out, outAt + row, Simd.sum(acc, 0), add);
    }
  }

  private static void store(float[] out, int at, float value, boolean add) {
    out[at] = add ? out[at] + value : value;
  }

  private static void four(
      MemorySegment w, long at, long stride, int columns, float[] x, int xAt, float[] acc) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    long at1 = at + stride;
    long at2 = at + 2 * stride;
    long at3 = at + 3 * stride;
    for (int k = 0; k < columns; k += STEP) {
      FloatVector even = FloatVector.fromArray(FLOATS, x, xAt + k);
      FloatVector odd = FloatVector.fromArray(FLOATS, x, xAt + k + LANES);
      IntVector pair = IntVector.fromMemorySegment(INTS, w, at + 2L * k, ORDER);
      sum0 = low(pair).fma(even, sum0);
      sum0 = high(pair).fma(odd, sum0);
      pair = IntVector.fromMemorySegment(INTS, w, at1 + 2L * k, ORDER);
      sum1 = low(pair).fma(even, sum1);
      sum1 = high(pair).fma(odd, sum1);
      pair = IntVector.fromMemorySegment(INTS, w, at2 + 2L * k, ORDER);
      sum2 = low(pair).fma(even, sum2);
      sum2 = high(pair).fma(odd, sum2);
      pair = IntVector.fromMemorySegment(INTS, w, at3 + 2L * k, ORDER);
      sum3 = low(pair).fma(even, sum3);
      sum3 = high(pair).fma(odd, sum3);
    }
    sum0.intoArray(acc, 0);
    sum1.intoArray(acc, LANES);
    sum2.intoArray(acc, 2 * LANES);
    sum3.intoArray(acc, 3 * LANES);
  }

  private static void one(MemorySegment w, long at, int columns, float[] x, int xAt, float[] acc) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int k = 0; k < columns; k += STEP) {
      IntVector pair = IntVector.fromMemorySegment(INTS, w, at + 2L * k, ORDER);
      sum = low(pair).fma(FloatVector.fromArray(FLOATS, x, xAt + k), sum);
      sum = high(pair).fma(FloatVector.fromArray(FLOATS, x, xAt + k + LANES), sum);
    }
    sum.intoArray(acc, 0);
  }

  private static void wide(MemorySegment w, long at, int columns, float[] x, int xAt, float[] acc) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int k = 0; k < columns; k += LANES) {
      FloatVector row = FloatVector.fromMemorySegment(FLOATS, w, at + 4L * k, ORDER);
      sum = row.fma(FloatVector.fromArray(FLOATS, x, xAt + k), sum);
    }
    sum.intoArray(acc, 0);
  }

  /** Widens the first BF16 of each pair. */
  static FloatVector low(IntVector pair) {
    return pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  /** Widens the second BF16 of each pair. */
  static FloatVector high(IntVector pair) {
    return pair.and(HIGH_HALF).reinterpretAsFloats();
  }
}

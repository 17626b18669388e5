package org.lfm4j.cpu;

/** Chooses the kernel for some rows of a matrix and some packed activation rows. */
final class MatMul {
  private MatMul() {}

  /**
   * Computes {@code out[outAt + t * stride + r] (+)= w[r] . x[t]} for r in [from, to), t in [0,
   * count).
   *
   * @param x activations, those of t = 0 in row {@code firstRow}
   * @param add whether to add to {@code out} or to overwrite it
   */
  static void rows(
      WeightMatrix w,
      int from,
      int to,
      Activations x,
      int firstRow,
      int count,
      float[] out,
      int outAt,
      int stride,
      boolean add,
      Scratch scratch) {
    switch (w) {
      case FloatMatrix floats when AmxKernels.multiply(floats) ->
          AmxKernels.rows(floats, from, to, x.splits, firstRow, count, out, outAt, stride, add);
      case FloatMatrix floats -> {
        int xAt = firstRow * Simd.pad(w.columns());
        wholeFloats(floats, from, to, x.floats, xAt, count, out, outAt, stride, add, scratch);
      }
      case QuantMatrix quants -> {
        QuantRows rows = x.quants(quants.type());
        if (NativeQuant.available(quants)) {
          NativeQuant.rows(quants, from, to, rows, firstRow, count, out, outAt, stride, add);
        } else {
          QuantMatMul.rows(
              quants, from, to, rows, firstRow, count, out, outAt, stride, add, scratch);
        }
      }
    }
  }

  /** Does the same for floats that are not split. */
  static void wholeFloats(
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
    if (NativeKernels.AVAILABLE) {
      NativeKernels.rows(w, from, to, x, xAt, count, out, outAt, stride, add);
    } else if (count == 1) {
      Gemv.rows(w, from, to, x, xAt, out, outAt, add, scratch.accumulators);
    } else {
      Gemm.rows(w, from, to, x, xAt, count, out, outAt, stride, add, scratch);
    }
  }
}

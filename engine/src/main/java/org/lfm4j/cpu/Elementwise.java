package org.lfm4j.cpu;

/**
 * The loops between the matrix products. C and the Vector API give the same bits, and are as fast
 * once the latter is compiled. But a first request runs it in the interpreter, where each operation
 * on a vector takes a microsecond: half a second in all.
 *
 * <p>The lengths of {@link #swiGlu}, {@link #greatest} and {@link #weights} are multiples of {@link
 * Simd#LANES}; others are any. {@code lanes} is scratch of one vector.
 */
final class Elementwise {
  private Elementwise() {}

  /** Computes {@code gate[i] = silu(gate[i]) * up[i]} for i in [0, n) from the two offsets. */
  static void swiGlu(float[] gate, int gateAt, float[] up, int upAt, int n) {
    if (NativeElementwise.AVAILABLE) {
      NativeElementwise.swiGlu(gate, gateAt, up, upAt, n);
    } else {
      VectorElementwise.swiGlu(gate, gateAt, up, upAt, n);
    }
  }

  /** Does what {@link RmsNorm#apply} says. */
  static void rmsNorm(
      float[] x, int xAt, float[] weight, float eps, float[] out, int outAt, float[] lanes) {
    if (NativeElementwise.AVAILABLE) {
      NativeElementwise.rmsNorm(x, xAt, weight, eps, out, outAt);
    } else {
      VectorElementwise.rmsNorm(x, xAt, weight, eps, out, outAt, lanes);
    }
  }

  /** Computes {@code b[i] *= a[i]} for i in [0, n) from the two offsets. */
  static void multiply(float[] a, int aAt, float[] b, int bAt, int n) {
    if (NativeElementwise.AVAILABLE) {
      NativeElementwise.multiply(a, aAt, b, bAt, n);
    } else {
      VectorElementwise.multiply(a, aAt, b, bAt, n);
    }
  }

  /** Computes {@code out[i] = fma(a[i], b[i], out[i])} for i in [0, n) from the three offsets. */
  static void addProducts(float[] a, int aAt, float[] b, int bAt, float[] out, int outAt, int n) {
    if (NativeElementwise.AVAILABLE) {
      NativeElementwise.addProducts(a, aAt, b, bAt, out, outAt, n);
    } else {
      VectorElementwise.addProducts(a, aAt, b, bAt, out, outAt, n);
    }
  }

  /** Computes {@code out[i] = fma(x[i], scale, out[i])} for i in [0, n) from the two offsets. */
  static void addScaled(float[] x, int at, float scale, float[] out, int outAt, int n) {
    if (NativeElementwise.AVAILABLE) {
      NativeElementwise.addScaled(x, at, scale, out, outAt, n);
    } else {
      VectorElementwise.addScaled(x, at, scale, out, outAt, n);
    }
  }

  /** Adds {@code a[i] * b[i]} for i in [0, n) from the two offsets. */
  static float dot(float[] a, int aAt, float[] b, int bAt, int n, float[] lanes) {
    return NativeElementwise.AVAILABLE
        ? NativeElementwise.dot(a, aAt, b, bAt, n)
        : Vectors.dot(a, aAt, b, bAt, n, lanes);
  }

  /** Does what {@link PackedRows#pack} says for whole steps: evens go {@code apart} before odds. */
  static void pack(float[] source, int in, int steps, float[] packed, int at, int apart) {
    if (NativeElementwise.AVAILABLE) {
      NativeElementwise.pack(source, in, steps, packed, at, apart);
    } else {
      VectorElementwise.pack(source, in, steps, packed, at, apart);
    }
  }

  /** Returns the greatest of n numbers. */
  static float greatest(float[] x, int at, int n, float[] lanes) {
    return NativeElementwise.AVAILABLE
        ? NativeElementwise.greatest(x, at, n)
        : VectorElementwise.greatest(x, at, n, lanes);
  }

  /** Replaces n numbers by {@code e^(x - most)} and returns their sum. */
  static float weights(float[] x, int at, int n, float most, float[] lanes) {
    return NativeElementwise.AVAILABLE
        ? NativeElementwise.weights(x, at, n, most)
        : VectorElementwise.weights(x, at, n, most, lanes);
  }

  /**
   * Adds {@code a[i] * b[i, j]} over i below n to {@code c[j]}, for two rows of a and of c.
   *
   * @param columns of b and c, a multiple of {@link AttentionTile#RUN}
   */
  static void twoRows(
      float[] a,
      int a0,
      int a1,
      int n,
      float[] b,
      int bAt,
      int columns,
      float[] c,
      int c0,
      int c1) {
    if (NativeElementwise.AVAILABLE) {
      NativeElementwise.twoRows(a, a0, a1, n, b, bAt, columns, c, c0, c1);
    } else {
      VectorElementwise.twoRows(a, a0, a1, n, b, bAt, columns, c, c0, c1);
    }
  }
}

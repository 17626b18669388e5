package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.LANES;
import static org.lfm4j.cpu.Vectors.FLOATS;
import static org.lfm4j.cpu.Vectors.load;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/** The loops of {@link Elementwise} with the Vector API. */
final class VectorElementwise {
  // Both halves of the shuffled vector have the wanted elements: a blend takes one of each.
  private static final VectorShuffle<Float> EVENS = everySecond(0);
  private static final VectorShuffle<Float> ODDS = everySecond(1);
  private static final VectorMask<Float> UPPER_HALF =
      VectorMask.fromLong(FLOATS, -1L << (LANES / 2));

  private VectorElementwise() {}

  private static VectorShuffle<Float> everySecond(int first) {
    return VectorShuffle.fromOp(FLOATS, lane -> (2 * lane + first) % LANES);
  }

  static void swiGlu(float[] gate, int gateAt, float[] up, int upAt, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector x = load(gate, gateAt + i);
      FloatVector y = load(up, upAt + i);
      x.div(Vectors.exp(x.neg()).add(1f)).mul(y).intoArray(gate, gateAt + i);
    }
  }

  static void rmsNorm(
      float[] x, int xAt, float[] weight, float eps, float[] out, int outAt, float[] lanes) {
    int n = weight.length;
    double meanSquare = (double) Vectors.dot(x, xAt, x, xAt, n, lanes) / n;
    float scale = (float) (1 / Math.sqrt(meanSquare + eps));
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      load(x, xAt + i).mul(scale).mul(load(weight, i)).intoArray(out, outAt + i);
    }
    for (; i < n; i++) {
      out[outAt + i] = x[xAt + i] * scale * weight[i];
    }
  }

  static void multiply(float[] a, int aAt, float[] b, int bAt, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      load(b, bAt + i).mul(load(a, aAt + i)).intoArray(b, bAt + i);
    }
    for (; i < n; i++) {
      b[bAt + i] *= a[aAt + i];
    }
  }

  static void addProducts(float[] a, int aAt, float[] b, int bAt, float[] out, int outAt, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      load(a, aAt + i).fma(load(b, bAt + i), load(out, outAt + i)).intoArray(out, outAt + i);
    }
    for (; i < n; i++) {
      out[outAt + i] = Math.fma(a[aAt + i], b[bAt + i], out[outAt + i]);
    }
  }

  static void addScaled(float[] x, int at, float scale, float[] out, int outAt, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector sum = load(out, outAt + i);
      load(x, at + i).fma(FloatVector.broadcast(FLOATS, scale), sum).intoArray(out, outAt + i);
    }
    for (; i < n; i++) {
      out[outAt + i] = Math.fma(x[at + i], scale, out[outAt + i]);
    }
  }

  static void pack(float[] source, int in, int steps, float[] packed, int at, int apart) {
    for (int i = 0; i < steps; i++) {
      FloatVector a = load(source, in + i * Simd.STEP);
      FloatVector b = load(source, in + i * Simd.STEP + LANES);
      int to = at + 2 * i * apart;
      a.rearrange(EVENS).blend(b.rearrange(EVENS), UPPER_HALF).intoArray(packed, to);
      a.rearrange(ODDS).blend(b.rearrange(ODDS), UPPER_HALF).intoArray(packed, to + apart);
    }
  }

  static float greatest(float[] x, int at, int n, float[] lanes) {
    FloatVector greatest = load(x, at);
    for (int i = LANES; i < n; i += LANES) {
      greatest = greatest.max(load(x, at + i));
    }
    greatest.intoArray(lanes, 0);
    float most = lanes[0];
    for (int i = 1; i < LANES; i++) {
      most = Math.max(most, lanes[i]);
    }
    return most;
  }

  static float weights(float[] x, int at, int n, float most, float[] lanes) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < n; i += LANES) {
      FloatVector weight = Vectors.exp(load(x, at + i).sub(most));
      weight.intoArray(x, at + i);
      sum = sum.add(weight);
    }
    sum.intoArray(lanes, 0);
    return Simd.sum(lanes, 0);
  }

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
    for (int j = 0; j < columns; j += AttentionTile.RUN) {
      run(a, a0, a1, n, b, bAt + j, columns, c, c0 + j, c1 + j);
    }
  }

  private static void run(
      float[] a,
      int a0,
      int a1,
      int n,
      float[] b,
      int bAt,
      int bStride,
      float[] c,
      int c0,
      int c1) {
    FloatVector sum00 = FloatVector.fromArray(FLOATS, c, c0);
    FloatVector sum01 = FloatVector.fromArray(FLOATS, c, c0 + LANES);
    FloatVector sum02 = FloatVector.fromArray(FLOATS, c, c0 + 2 * LANES);
    FloatVector sum03 = FloatVector.fromArray(FLOATS, c, c0 + 3 * LANES);
    FloatVector sum10 = FloatVector.fromArray(FLOATS, c, c1);
    FloatVector sum11 = FloatVector.fromArray(FLOATS, c, c1 + LANES);
    FloatVector sum12 = FloatVector.fromArray(FLOATS, c, c1 + 2 * LANES);
    FloatVector sum13 = FloatVector.fromArray(FLOATS, c, c1 + 3 * LANES);
    int at = bAt;
    for (int i = 0; i < n; i++) {
      FloatVector x0 = FloatVector.broadcast(FLOATS, a[a0 + i]);
      FloatVector x1 = FloatVector.broadcast(FLOATS, a[a1 + i]);
      FloatVector y = FloatVector.fromArray(FLOATS, b, at);
      sum00 = y.fma(x0, sum00);
      sum10 = y.fma(x1, sum10);
      y = FloatVector.fromArray(FLOATS, b, at + LANES);
      sum01 = y.fma(x0, sum01);
      sum11 = y.fma(x1, sum11);
      y = FloatVector.fromArray(FLOATS, b, at + 2 * LANES);
      sum02 = y.fma(x0, sum02);
      sum12 = y.fma(x1, sum12);
      y = FloatVector.fromArray(FLOATS, b, at + 3 * LANES);
      sum03 = y.fma(x0, sum03);
      sum13 = y.fma(x1, sum13);
      at += bStride;
    }
    sum00.intoArray(c, c0);
    sum01.intoArray(c, c0 + LANES);
    sum02.intoArray(c, c0 + 2 * LANES);
    sum03.intoArray(c, c0 + 3 * LANES);
    sum10.intoArray(c, c1);
    sum11.intoArray(c, c1 + LANES);
    sum12.intoArray(c, c1 + 2 * LANES);
    sum13.intoArray(c, c1 + 3 * LANES);
  }
}

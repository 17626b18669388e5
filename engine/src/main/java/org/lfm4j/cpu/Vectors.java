package org.lfm4j.cpu;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.lfm4j.kernels.NativeLibrary;

/**
 * What the kernels with the Vector API share: the vectors of this machine, and an exponential.
 *
 * <p>{@code reduceLanes} and {@code VectorOperators.EXP} are not used anywhere: their results
 * change when the compiler replaces the interpreter, and the same tokens must give the same logits
 * always.
 */
final class Vectors {
  // ARM processors with wider vectors (SVE) have NEON's beside them, for which there are kernels in
  // C.
  private static final boolean NEON = NativeLibrary.has("neon");

  static final VectorSpecies<Float> FLOATS =
      NEON ? FloatVector.SPECIES_128 : FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS =
      NEON ? IntVector.SPECIES_128 : IntVector.SPECIES_PREFERRED;
  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private static final float LOG2_E = (float) (1 / Math.log(2));
  // ln 2 in two parts: the first has 12 bits, so that its product with an exponent is exact.
  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = (float) (Math.log(2) - 0x1.63p-1);
  // Adding 1.5 * 2^23 leaves the rounded integer in the low bits of the sum.
  private static final float ROUND = 0x1.8p23f;
  private static final float EXP_LEAST = -87.33f;
  private static final float EXP_MOST = 88.37f;

  private Vectors() {}

  /** Returns how many floats a vector has. */
  static int lanes() {
    return FLOATS.length();
  }

  /** Adds {@code a[i] * b[i]} for i below n. Not for hot loops: it stores four vectors. */
  static float dot(float[] a, int aAt, float[] b, int bAt, int n, float[] scratch) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    int i = 0;
    for (; i <= n - 4 * Simd.LANES; i += 4 * Simd.LANES) {
      s0 = load(a, aAt + i).fma(load(b, bAt + i), s0);
      s1 = load(a, aAt + i + Simd.LANES).fma(load(b, bAt + i + Simd.LANES), s1);
      s2 = load(a, aAt + i + 2 * Simd.LANES).fma(load(b, bAt + i + 2 * Simd.LANES), s2);
      s3 = load(a, aAt + i + 3 * Simd.LANES).fma(load(b, bAt + i + 3 * Simd.LANES), s3);
    }
    s0.add(s1).add(s2.add(s3)).intoArray(scratch, 0);
    float sum = Simd.sum(scratch, 0);
    for (; i < n; i++) {
      sum = Math.fma(a[aAt + i], b[bAt + i], sum);
    }
    return sum;
  }

  /**
   * Returns e^x, relative error below 3e-7; 0 below -87.33 (where the result would be subnormal),
   * capped at e^88.37 above.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector capped = x.min(EXP_MOST).max(EXP_LEAST);
    FloatVector shifted = capped.fma(broadcast(LOG2_E), broadcast(ROUND));
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.fma(broadcast(-LN2_HIGH), capped);
    r = n.fma(broadcast(-LN2_LOW), r);
    // Taylor series: |r| <= ln(2) / 2, so the first term left out is below 6e-9.
    FloatVector p = r.fma(broadcast(1f / 5040), broadcast(1f / 720));
    p = p.fma(r, broadcast(1f / 120));
    p = p.fma(r, broadcast(1f / 24));
    p = p.fma(r, broadcast(1f / 6));
    p = p.fma(r, broadcast(0.5f));
    p = p.fma(r, broadcast(1f));
    p = p.fma(r, broadcast(1f));
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    FloatVector y = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    return y.blend(0f, x.lt(EXP_LEAST));
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  static FloatVector load(float[] a, int at) {
    return FloatVector.fromArray(FLOATS, a, at);
  }
}

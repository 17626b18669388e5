package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.LANES;
import static org.lfm4j.cpu.Vectors.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Adds the lanes of eight vectors at once. Three rounds of exchanging halves leave the eight sums
 * in one vector, each added up in the order of {@link Simd#sum}, so the bits are the same.
 */
final class LaneSums {
  /** How many vectors are summed together. */
  static final int VECTORS = 8;

  private static final VectorShuffle<Float> SWAP_ONES = swap(1);
  private static final VectorShuffle<Float> SWAP_TWOS = swap(2);
  private static final VectorShuffle<Float> SWAP_FOURS = swap(4);
  private static final VectorMask<Float> UPPER_ONES = upper(1);
  private static final VectorMask<Float> UPPER_TWOS = upper(2);
  private static final VectorMask<Float> UPPER_FOURS = upper(4);

  private LaneSums() {}

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) % LANES);
  }

  private static VectorMask<Float> upper(int distance) {
    long bits = 0;
    for (int lane = 0; lane < LANES; lane++) {
      bits |= (lane & distance) != 0 ? 1L << lane : 0;
    }
    return VectorMask.fromLong(FLOATS, bits);
  }

  /**
   * Writes the sums of the first {@code 8 * count} vectors of {@code v} one after the other to
   * {@code sums[at ..]}.
   */
  static void of(float[] v, int count, float[] sums, int at) {
    if (LANES != VECTORS) {
      for (int i = 0; i < count * VECTORS; i++) {
        sums[at + i] = Simd.sum(v, i * LANES);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      eight(v, i * VECTORS * LANES, sums, at + i * VECTORS);
    }
  }

  private static void eight(float[] v, int at, float[] sums, int to) {
    FloatVector a = ones(load(v, at), load(v, at + LANES));
    FloatVector b = ones(load(v, at + 2 * LANES), load(v, at + 3 * LANES));
    FloatVector c = ones(load(v, at + 4 * LANES), load(v, at + 5 * LANES));
    FloatVector d = ones(load(v, at + 6 * LANES), load(v, at + 7 * LANES));
    FloatVector ab = a.blend(b.rearrange(SWAP_TWOS), UPPER_TWOS);
    ab = ab.add(a.rearrange(SWAP_TWOS).blend(b, UPPER_TWOS));
    FloatVector cd = c.blend(d.rearrange(SWAP_TWOS), UPPER_TWOS);
    cd = cd.add(c.rearrange(SWAP_TWOS).blend(d, UPPER_TWOS));
    FloatVector all = ab.blend(cd.rearrange(SWAP_FOURS), UPPER_FOURS);
    all.add(ab.rearrange(SWAP_FOURS).blend(cd, UPPER_FOURS)).intoArray(sums, to);
  }

  /** Adds neighbouring lanes: those of a go to the even lanes, those of b to the odd ones. */
  private static FloatVector ones(FloatVector a, FloatVector b) {
    FloatVector even = a.blend(b.rearrange(SWAP_ONES), UPPER_ONES);
    return even.add(a.rearrange(SWAP_ONES).blend(b, UPPER_ONES));
  }

  private static FloatVector load(float[] v, int at) {
    return FloatVector.fromArray(FLOATS, v, at);
  }
}

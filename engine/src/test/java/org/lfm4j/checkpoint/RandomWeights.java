package org.lfm4j.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/**
 * Weights from a seed and a name, the same as {@code tools/golden/weights.py} makes.
 *
 * <p>Each 64-bit output of SplitMix64 (Steele et al., OOPSLA 2014) gives four weights: its 16-bit
 * pieces, lowest first, mapped to the middle of 65,536 steps over (-1, 1), times a scale that
 * depends on the name, rounded to BF16 ({@code expert_bias} stays FP32).
 */
public final class RandomWeights {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private RandomWeights() {}

  /** Makes one weight. */
  public static Tensor tensor(
      String name, List<Integer> shape, long seed, SegmentAllocator allocator) {
    DType dtype = name.endsWith("expert_bias") ? DType.F32 : DType.BF16;
    long elements = shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    MemorySegment data = allocator.allocate(elements * dtype.bytes(), 64);
    float step = (float) (amplitude(name, shape) / 32768);
    float centre = name.endsWith("norm.weight") ? 1 : 0;
    long state = seed ^ fnv1a(name);
    if (dtype == DType.F32) {
      for (long i = 0; i < elements; i++) {
        data.setAtIndex(FLOAT, i, centre + piece(splitMix64(state, i / 4), i % 4) * step);
      }
    } else {
      long words = elements / 4;
      for (long i = 0; i < words; i++) {
        data.setAtIndex(LONG, i, fourWeights(splitMix64(state, i), centre, step));
      }
      long rest = fourWeights(splitMix64(state, words), centre, step);
      for (long i = words * 4; i < elements; i++) {
        data.setAtIndex(SHORT, i, (short) (rest >>> 16 * (i % 4)));
      }
    }
    return new Tensor(name, dtype, shape, data);
  }

  private static long fourWeights(long bits, float centre, float step) {
    long word = 0;
    for (int i = 0; i < 4; i++) {
      word |= (long) bfloat16(centre + piece(bits, i) * step) << 16 * i;
    }
    return word;
  }

  private static float piece(long bits, long i) {
    return ((bits >>> 16 * i) & 0xffff) - 32767.5f;
  }

  /** Variance 1/in for matrices, so that activations keep their size from layer to layer. */
  private static double amplitude(String name, List<Integer> shape) {
    if (name.endsWith("norm.weight")) {
      return 0.25;
    }
    if (name.endsWith("expert_bias")) {
      return 0.2;
    }
    if (name.endsWith(".bias")) {
      return 0.5;
    }
    double spread = name.endsWith("feed_forward.gate.weight") ? 2 : 1;
    return spread * Math.sqrt(3.0 / shape.getLast());
  }

  private static long fnv1a(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }

  private static long splitMix64(long state, long i) {
    long z = state + (i + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Rounds to the nearest, of two equally near to the even one; returns 16 bits. */
  static int bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
}

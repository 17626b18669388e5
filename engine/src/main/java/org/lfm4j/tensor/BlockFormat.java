package org.lfm4j.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The blocks of quantised weights as GGUF files have them, and what their elements mean. The
 * results equal those of the {@code gguf} package of llama.cpp bit for bit, so products and
 * differences are rounded one by one.
 *
 * <p>{@code d} and {@code dmin} are F16, {@code q} are elements:
 *
 * <ul>
 *   <li>Q8_0: d, int8 q[32]. An element is {@code d * q}.
 *   <li>Q4_0: d, 16 bytes with elements 0..15 in their low halves and 16..31 in their high ones. An
 *       element is {@code d * (q - 8)}.
 *   <li>Q4_K: d, dmin, {@link #scale 12 bytes of scales and minima}, 128 bytes: 32 bytes hold 32
 *       elements in their low halves and the next 32 in their high ones. An element is {@code d *
 *       scale * q - dmin * minimum}.
 *   <li>Q5_K: d, dmin, 12 bytes of scales and minima, 32 bytes whose bit g is the fifth bit of
 *       element 32 g + (index of the byte), then as Q4_K.
 *   <li>Q6_K: 128 bytes of low halves, 64 bytes of upper two bits, int8 scale[16], d. An element is
 *       {@code d * scale * (q - 32)}.
 * </ul>
 */
public final class BlockFormat {
  /** Elements that share one scale in Q8_0, Q4_0, Q4_K and Q5_K. */
  public static final int GROUP = 32;

  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private BlockFormat() {}

  /** Reads an F16. */
  public static float half(MemorySegment data, long at) {
    return Float.float16ToFloat(data.get(HALF, at));
  }

  /** Reads a byte in [0, 255]. */
  public static int unsigned(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  /**
   * Reads the scale (6 bits) of a group of 32 in a Q4_K or Q5_K block. The first four lie in the
   * low six bits of bytes 0..3, the others in the low halves of bytes 8..11 and the top bits of
   * bytes 0..3.
   *
   * @param at offset of the 12 bytes
   */
  public static int scale(MemorySegment data, long at, int group) {
    return group < 4
        ? unsigned(data, at + group) & 63
        : (unsigned(data, at + group + 4) & 15) | (unsigned(data, at + group - 4) >> 6 << 4);
  }

  /** Reads the minimum (6 bits) of a group; as {@link #scale}, with bytes 4..7 and high halves. */
  public static int minimum(MemorySegment data, long at, int group) {
    return group < 4
        ? unsigned(data, at + group + 4) & 63
        : (unsigned(data, at + group + 4) >> 4) | (unsigned(data, at + group) >> 6 << 4);
  }

  /**
   * Returns an element of a block before it is scaled: signed in Q8_0, Q4_0 and Q6_K, unsigned in
   * Q4_K and Q5_K.
   *
   * @param at offset of the block
   * @param i which element
   */
  public static int quant(DType type, MemorySegment data, long at, int i) {
    return switch (type) {
      case Q8_0 -> data.get(ValueLayout.JAVA_BYTE, at + 2 + i);
      case Q4_0 -> ((unsigned(data, at + 2 + i % 16) >> (i / 16 * 4)) & 15) - 8;
      case Q4_K -> nibble(data, at + 16, i);
      case Q5_K ->
          nibble(data, at + 48, i) | (((unsigned(data, at + 16 + i % 32) >> (i / 32)) & 1) << 4);
      case Q6_K -> sixBits(data, at, i) - 32;
      default -> throw new IllegalArgumentException(type + " has no blocks");
    };
  }

  private static int nibble(MemorySegment data, long at, int i) {
    return (unsigned(data, at + i / 64 * 32L + i % 32) >> (i / 32 % 2 * 4)) & 15;
  }

  private static int sixBits(MemorySegment data, long at, int i) {
    int half = i / 128;
    int low = (unsigned(data, at + 64L * half + i % 64) >> (i / 64 % 2 * 4)) & 15;
    int high = (unsigned(data, at + 128 + 32L * half + i % 32) >> (i / 32 % 4 * 2)) & 3;
    return low | (high << 4);
  }

  /**
   * Writes the elements of a block as floats.
   *
   * @param at offset of the block
   */
  static void dequantise(DType type, MemorySegment data, long at, float[] out, int outAt) {
    switch (type) {
      case Q8_0, Q4_0 -> {
        float d = half(data, at);
        for (int i = 0; i < GROUP; i++) {
          out[outAt + i] = d * quant(type, data, at, i);
        }
      }
      case Q4_K, Q5_K -> {
        for (int group = 0; group < 8; group++) {
          float scale = half(data, at) * scale(data, at + 4, group);
          float minimum = half(data, at + 2) * minimum(data, at + 4, group);
          for (int i = group * GROUP; i < (group + 1) * GROUP; i++) {
            out[outAt + i] = scale * quant(type, data, at, i) - minimum;
          }
        }
      }
      case Q6_K -> {
        for (int group = 0; group < 16; group++) {
          float d = half(data, at + 208);
          float scale = d * data.get(ValueLayout.JAVA_BYTE, at + 192 + group);
          for (int i = group * 16; i < (group + 1) * 16; i++) {
            out[outAt + i] = scale * quant(type, data, at, i);
          }
        }
      }
      default -> throw new IllegalArgumentException(type + " has no blocks");
    }
  }
}

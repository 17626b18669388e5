package org.lfm4j.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Writes floats as quantised blocks. Q8_0 and Q4_0 are, to the bit, what the reference package
 * writes; Q4_K and Q6_K have no reference: {@link ScaleSearch} looks for scales with a small error.
 */
public final class BlockQuantiser {
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final int BLOCK = 256;

  private BlockQuantiser() {}

  /**
   * Quantises a row.
   *
   * @param x a whole number of blocks
   * @param type Q8_0, Q4_0, Q4_K or Q6_K, or a type of floats
   * @param out as many bytes as that needs, from {@code at}
   * @throws IllegalArgumentException if the type can't be written
   */
  public static void row(float[] x, DType type, MemorySegment out, long at) {
    long to = at;
    for (int from = 0; from < x.length; from += type.elements()) {
      switch (type) {
        case F32 -> out.set(FLOAT, to, x[from]);
        case BF16 -> out.set(HALF, to, bf16(x[from]));
        case F16 -> out.set(HALF, to, Float.floatToFloat16(x[from]));
        case Q8_0 -> eightBits(x, from, out, to);
        case Q4_0 -> fourBits(x, from, out, to);
        case Q4_K -> fourBitsWithMinima(x, from, out, to);
        case Q6_K -> sixBits(x, from, out, to);
        default -> throw new IllegalArgumentException(type + " can't be written");
      }
      to += type.bytes();
    }
  }

  /** Rounds to the nearest, of two equally near to the even one. */
  private static short bf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }

  private static void eightBits(float[] x, int from, MemorySegment out, long at) {
    float greatest = 0;
    for (int i = 0; i < BlockFormat.GROUP; i++) {
      greatest = Math.max(greatest, Math.abs(x[from + i]));
    }
    float d = greatest / 127;
    float inverse = d == 0 ? 0 : 1 / d;
    out.set(HALF, at, Float.floatToFloat16(d));
    for (int i = 0; i < BlockFormat.GROUP; i++) {
      out.set(BYTE, at + 2 + i, (byte) roundHalfAway(x[from + i] * inverse));
    }
  }

  private static float roundHalfAway(float x) {
    float magnitude = Math.abs(x);
    float whole = (float) Math.floor(magnitude);
    return Math.signum(x) * (whole + (float) Math.floor(2 * (magnitude - whole)));
  }

  private static void fourBits(float[] x, int from, MemorySegment out, long at) {
    float greatest = 0;
    for (int i = 0; i < BlockFormat.GROUP; i++) {
      greatest = Math.abs(x[from + i]) > Math.abs(greatest) ? x[from + i] : greatest;
    }
    // The value of greatest magnitude becomes -8, the one number without a counterpart.
    float d = greatest / -8;
    float inverse = d == 0 ? 0 : 1 / d;
    out.set(HALF, at, Float.floatToFloat16(d));
    for (int i = 0; i < 16; i++) {
      int low = Math.clamp((int) (x[from + i] * inverse + 8.5f), 0, 15);
      int high = Math.clamp((int) (x[from + 16 + i] * inverse + 8.5f), 0, 15);
      out.set(BYTE, at + 2 + i, (byte) (low | high << 4));
    }
  }

  private static void fourBitsWithMinima(float[] x, int from, MemorySegment out, long at) {
    float[] scales = new float[8];
    float[] minima = new float[8];
    for (int group = 0; group < 8; group++) {
      float[] best = ScaleSearch.withMinimum(x, from + 32 * group, 32, 15);
      scales[group] = best[0];
      minima[group] = best[1];
    }
    float d = half(greatest(scales) / 63);
    float dmin = half(greatest(minima) / 63);
    out.set(HALF, at, Float.floatToFloat16(d));
    out.set(HALF, at + 2, Float.floatToFloat16(dmin));
    out.asSlice(at + 4, 140).fill((byte) 0);
    for (int group = 0; group < 8; group++) {
      int scale = whole(scales[group], d, 63);
      int minimum = whole(minima[group], dmin, 63);
      setScale(out, at + 4, group, scale, minimum);
      for (int i = 0; i < 32; i++) {
        float value = x[from + 32 * group + i] + dmin * minimum;
        or(out, at + 16 + group / 2 * 32L + i, whole(value, d * scale, 15) << (group % 2 * 4));
      }
    }
  }

  private static void setScale(MemorySegment out, long at, int group, int scale, int minimum) {
    if (group < 4) {
      or(out, at + group, scale);
      or(out, at + group + 4, minimum);
    } else {
      or(out, at + group + 4, (scale & 15) | ((minimum << 4) & 0xf0));
      or(out, at + group - 4, scale >> 4 << 6);
      or(out, at + group, minimum >> 4 << 6);
    }
  }

  private static void or(MemorySegment out, long at, int bits) {
    out.set(BYTE, at, (byte) (out.get(BYTE, at) | bits));
  }

  private static void sixBits(float[] x, int from, MemorySegment out, long at) {
    float[] scales = new float[16];
    float most = 0;
    for (int group = 0; group < 16; group++) {
      scales[group] = ScaleSearch.signed(x, from + 16 * group, 16, 32);
      most = Math.abs(scales[group]) > Math.abs(most) ? scales[group] : most;
    }
    float d = half(most / -128);
    out.asSlice(at, 208).fill((byte) 0);
    out.set(HALF, at + 208, Float.floatToFloat16(d));
    for (int group = 0; group < 16; group++) {
      int scale = d == 0 ? 0 : Math.clamp(Math.round(scales[group] / d), -128, 127);
      out.set(BYTE, at + 192 + group, (byte) scale);
      float step = d * scale;
      for (int i = 16 * group; i < 16 * group + 16; i++) {
        int q = step == 0 ? 0 : Math.clamp(Math.round(x[from + i] / step), -32, 31);
        setSixBits(out, at, i, q + 32);
      }
    }
  }

  /** Where {@link BlockFormat#quant} reads them. */
  private static void setSixBits(MemorySegment out, long at, int i, int value) {
    int half = i / 128;
    or(out, at + 64L * half + i % 64, (value & 15) << (i / 64 % 2 * 4));
    or(out, at + BLOCK / 2 + 32L * half + i % 32, value >> 4 << (i / 32 % 4 * 2));
  }

  private static int whole(float value, float step, int most) {
    return step == 0 ? 0 : Math.clamp(Math.round(value / step), 0, most);
  }

  private static float half(float x) {
    return Float.float16ToFloat(Float.floatToFloat16(x));
  }

  private static float greatest(float[] values) {
    float greatest = 0;
    for (float value : values) {
      greatest = Math.max(greatest, value);
    }
    return greatest;
  }
}

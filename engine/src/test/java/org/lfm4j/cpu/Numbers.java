package org.lfm4j.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** Random inputs of kernels, and awkward sizes: around every vector width, odd, and prime. */
final class Numbers {
  static final int[] SIZES = {
    1, 2, 3, 4, 5, 7, 8, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 128, 207, 702, 1025, 2080, 4098
  };

  /** Unit roundoff of FP32. */
  static final double UNIT = 0x1p-24;

  private Numbers() {}

  static IntStream sizes() {
    return IntStream.of(SIZES);
  }

  static float[] random(int n, long seed) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static Tensor tensor(float[] values, int rows, int columns, DType dtype) {
    MemorySegment data = Arena.ofAuto().allocate((long) values.length * dtype.bytes(), 8);
    ValueLayout.OfShort shorts = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    ValueLayout.OfFloat floats = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i++) {
      switch (dtype) {
        case F32 -> data.setAtIndex(floats, i, values[i]);
        case F16 -> data.setAtIndex(shorts, i, Float.floatToFloat16(values[i]));
        case BF16 ->
            data.setAtIndex(shorts, i, (short) (Float.floatToRawIntBits(values[i]) >>> 16));
        default -> throw new IllegalArgumentException(dtype.name());
      }
    }
    return new Tensor("w", dtype, List.of(rows, columns), data);
  }

  /** What a stored value is when read back. */
  static float stored(float value, DType dtype) {
    return switch (dtype) {
      case F32 -> value;
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xffff0000);
      default -> throw new IllegalArgumentException(dtype.name());
    };
  }

  /** Packs rows as {@link PackedRows} says. */
  static float[] pack(float[] x, int rows, int columns) {
    return activations(x, rows, columns).floats;
  }

  /** Packs rows in every form. */
  static Activations activations(float[] x, int rows, int columns) {
    Activations all =
        new Activations(
            new Activations.Forms(
                true,
                AmxKernels.AVAILABLE,
                columns % QuantRows.GROUP == 0,
                columns % QuantRows.BLOCK == 0),
            Activations.padded(rows) * Simd.pad(columns));
    java.util.Arrays.fill(all.floats, Float.NaN);
    for (int row = 0; row < rows; row += Activations.GROUP) {
      int[] at = new int[Activations.GROUP];
      for (int i = 0; i < at.length; i++) {
        at[i] = (row + i) * columns;
      }
      all.pack(x, at, 0, columns, columns, 0, row, rows);
    }
    return all;
  }

  static Scratch scratch(int rows) {
    return new Scratch(rows, 1, new AttentionTile(new HeadShape(1, 1, 16)));
  }
}

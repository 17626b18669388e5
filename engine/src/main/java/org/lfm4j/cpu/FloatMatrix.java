package org.lfm4j.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/**
 * Weights as floats [rows, columns].
 *
 * <p>BF16 stays where it is mapped. Everything else (F32, F16, and BF16 rows that are no whole
 * number of steps) is copied once to F32 in the order of {@link PackedRows}, padded with zeros.
 *
 * @param data elements, row-major
 * @param bf16 whether the elements are BF16 in place; otherwise packed F32
 * @param rows output features
 * @param columns input features
 */
record FloatMatrix(MemorySegment data, boolean bf16, int rows, int columns)
    implements WeightMatrix {
  private static final ValueLayout.OfShort SHORTS =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOATS =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Wraps a tensor [rows, columns] of floats. */
  static FloatMatrix of(Tensor tensor, SegmentAllocator memory) {
    int rows = tensor.rows();
    int columns = tensor.columns();
    if (tensor.dtype() == DType.BF16 && columns % Simd.STEP == 0) {
      return new FloatMatrix(tensor.data(), true, rows, columns);
    }
    long size = (long) rows * Simd.pad(columns) * Float.BYTES;
    FloatMatrix copy = new FloatMatrix(memory.allocate(size, Long.BYTES), false, rows, columns);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        long i = (long) row * columns + column;
        copy.data.set(FLOATS, copy.packedOffset(row, column), element(tensor, i));
      }
    }
    return copy;
  }

  private static float element(Tensor tensor, long i) {
    MemorySegment data = tensor.data();
    return switch (tensor.dtype()) {
      case F32 -> data.get(FLOATS, i * Float.BYTES);
      case BF16 -> widen(data.get(SHORTS, i * Short.BYTES));
      case F16 -> Float.float16ToFloat(data.get(SHORTS, i * Short.BYTES));
      default -> throw new IllegalArgumentException(tensor.dtype() + " is no type of floats");
    };
  }

  private static float widen(short bf16) {
    return Float.intBitsToFloat(bf16 << 16);
  }

  private long packedOffset(int row, int column) {
    int step = column / Simd.STEP * Simd.STEP;
    int within = column % 2 * Simd.LANES + (column - step) / 2;
    return ((long) row * Simd.pad(columns) + step + within) * Float.BYTES;
  }

  @Override
  public void copyRow(int row, float[] out, int at) {
    for (int i = 0; i < columns; i++) {
      out[at + i] =
          bf16
              ? widen(data.get(SHORTS, ((long) row * columns + i) * Short.BYTES))
              : data.get(FLOATS, packedOffset(row, i));
    }
  }
}

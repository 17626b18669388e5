package org.lfm4j.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A read-only, dense, row-major, little-endian array of numbers.
 *
 * @param name canonical weight name, for messages
 * @param dtype element type
 * @param shape dimensions, outermost first, as PyTorch prints them
 * @param data exactly {@code elements() * dtype.bytes()} bytes, alive as long as its checkpoint
 */
public record Tensor(String name, DType dtype, List<Integer> shape, MemorySegment data) {
  // Files may place data at odd addresses.
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * Checks that the data is as long as shape and type say.
   *
   * @throws IllegalArgumentException if it is not
   */
  public Tensor {
    shape = List.copyOf(shape);
    long bytes = dtype.bytes();
    for (int dimension : shape) {
      bytes = Math.multiplyExact(bytes, dimension);
    }
    if (data.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "tensor %s %s%s needs %d bytes, has %d"
              .formatted(name, dtype, shape, bytes, data.byteSize()));
    }
  }

  /** Returns the number of elements. */
  public long elements() {
    return data.byteSize() / dtype.bytes();
  }

  /** Returns the outermost dimension: the number of output features of a weight matrix. */
  public int rows() {
    return shape.getFirst();
  }

  /** Returns the number of elements in one row. */
  public int columns() {
    return (int) (elements() / rows());
  }

  /** Returns row {@code i} as floats, {@link #columns} of them. */
  public float[] row(int i) {
    return floats((long) i * columns(), columns());
  }

  /** Returns all elements as floats, row-major. */
  public float[] floats() {
    return floats(0, Math.toIntExact(elements()));
  }

  private float[] floats(long from, int count) {
    float[] result = new float[count];
    switch (dtype) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          result[i] = data.get(FLOAT, (from + i) * Float.BYTES);
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          result[i] = Float.intBitsToFloat(data.get(SHORT, (from + i) * Short.BYTES) << 16);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          result[i] = Float.float16ToFloat(data.get(SHORT, (from + i) * Short.BYTES));
        }
      }
    }
    return result;
  }
}

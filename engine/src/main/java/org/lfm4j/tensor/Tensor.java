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
 * @param data exactly the bytes that type and shape need, alive as long as its checkpoint
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
    long blocks = 1;
    for (int dimension : shape) {
      blocks = Math.multiplyExact(blocks, dimension);
    }
    if (dtype.quantised()) {
      if (shape.isEmpty() || shape.getLast() % dtype.elements() != 0) {
        throw new IllegalArgumentException(
            "tensor %s %s%s needs rows of a multiple of %d elements"
                .formatted(name, dtype, shape, dtype.elements()));
      }
      blocks /= dtype.elements();
    }
    long bytes = Math.multiplyExact(blocks, dtype.bytes());
    if (data.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "tensor %s %s%s needs %d bytes, has %d"
              .formatted(name, dtype, shape, bytes, data.byteSize()));
    }
  }

  /** Returns the number of elements. */
  public long elements() {
    return data.byteSize() / dtype.bytes() * dtype.elements();
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
    copy(from, count, result, 0);
    return result;
  }

  /** Writes row {@code i} as floats to {@code out[at ..]}. */
  public void copyRow(int i, float[] out, int at) {
    copy((long) i * columns(), columns(), out, at);
  }

  private void copy(long from, int count, float[] out, int at) {
    switch (dtype) {
      case F32 -> {
        for (int i = 0; i < count; i++) {
          out[at + i] = data.get(FLOAT, (from + i) * Float.BYTES);
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          out[at + i] = Float.intBitsToFloat(data.get(SHORT, (from + i) * Short.BYTES) << 16);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          out[at + i] = Float.float16ToFloat(data.get(SHORT, (from + i) * Short.BYTES));
        }
      }
      case Q8_0, Q4_0, Q4_K, Q5_K, Q6_K -> {
        for (int i = 0; i < count; i += dtype.elements()) {
          BlockFormat.dequantise(dtype, data, dtype.rowBytes(from + i), out, at + i);
        }
      }
    }
  }
}

package org.lfm4j.tensor;

import java.lang.foreign.MemorySegment;
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
}

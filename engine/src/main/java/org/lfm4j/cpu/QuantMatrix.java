package org.lfm4j.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/**
 * Quantised weights [rows, columns], copied once to the order of {@link QuantTiles}.
 *
 * @param source the weights as they are stored; only single rows are read from here
 * @param data all tiles, the last one filled up with zero rows
 */
record QuantMatrix(Tensor source, MemorySegment data) implements WeightMatrix {

  /** Copies a tensor [rows, columns] to new memory. */
  static QuantMatrix of(Tensor tensor, SegmentAllocator memory) {
    QuantTiles tiles = QuantTiles.of(tensor.dtype(), tensor.columns());
    long bytes = tiles.bytes(tensor.rows());
    QuantMatrix matrix = new QuantMatrix(tensor, memory.allocate(bytes, QuantTiles.ALIGNMENT));
    tiles.fill(tensor.data(), tensor.rows(), matrix.data);
    MappedMemory.forget(tensor.data());
    return matrix;
  }

  DType type() {
    return source.dtype();
  }

  QuantTiles tiles() {
    return QuantTiles.of(type(), columns());
  }

  @Override
  public int rows() {
    return source.rows();
  }

  @Override
  public int columns() {
    return source.columns();
  }

  @Override
  public void copyRow(int row, float[] out, int at) {
    source.copyRow(row, out, at);
  }
}

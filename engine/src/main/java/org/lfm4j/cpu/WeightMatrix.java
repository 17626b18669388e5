package org.lfm4j.cpu;

import java.lang.foreign.SegmentAllocator;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.tensor.Tensor;

/** A weight matrix [rows, columns] as the kernels read it. */
sealed interface WeightMatrix permits FloatMatrix, QuantMatrix {

  /** Returns the number of output features. */
  int rows();

  /** Returns the number of input features. */
  int columns();

  /** Copies a row as floats, in natural order, to {@code out[at ..]}. */
  void copyRow(int row, float[] out, int at);

  /** Finds a matrix in a checkpoint and checks its shape; a copy, if needed, is allocated. */
  static WeightMatrix read(
      Checkpoint checkpoint, String name, int rows, int columns, SegmentAllocator memory) {
    return of(stored(checkpoint, name, rows, columns), memory);
  }

  /** Finds a matrix in a checkpoint and checks its shape. */
  static Tensor stored(Checkpoint checkpoint, String name, int rows, int columns) {
    Tensor tensor = checkpoint.tensor(name);
    check(tensor, rows, columns);
    return tensor;
  }

  /** Wraps or copies a tensor [rows, columns]. */
  static WeightMatrix of(Tensor tensor, SegmentAllocator memory) {
    return tensor.dtype().quantised()
        ? QuantMatrix.of(tensor, memory)
        : FloatMatrix.of(tensor, memory);
  }

  /** Reads a small tensor (norm weights, convolution taps, router, biases) as floats. */
  static float[] readFloats(Checkpoint checkpoint, String name, int rows, int columns) {
    return stored(checkpoint, name, rows, columns).floats();
  }

  private static void check(Tensor tensor, int rows, int columns) {
    if (tensor.rows() != rows || tensor.elements() != (long) rows * columns) {
      throw new CheckpointException(
          "%s has shape %s where the configuration asks for [%d, %d]: config.json and the weights are of different models"
              .formatted(tensor.name(), tensor.shape(), rows, columns));
    }
  }
}

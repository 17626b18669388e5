package org.lfm4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.tensor.BlockQuantiser;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/**
 * Rows of tensors of the same shape, one tensor after the other, quantised by all processors.
 *
 * @param parts the tensors
 * @param columns row length
 * @param type what is written
 */
record CheckpointRows(List<Tensor> parts, int columns, DType type) implements GgufWriter.Rows {

  @Override
  public void write(long from, long to, MemorySegment out) {
    long rows = parts.getFirst().elements() / columns;
    long rowBytes = type.rowBytes(columns);
    IntStream.range(0, (int) (to - from))
        .parallel()
        .forEach(i -> {
          float[] row = new float[columns];
          Tensor part = parts.get((int) ((from + i) / rows));
          copy(part, (int) ((from + i) % rows), row);
          check(part, row);
          BlockQuantiser.row(row, type, out, i * rowBytes);
        });
  }

  private static void copy(Tensor tensor, int row, float[] out) {
    if (tensor.shape().size() == 1) {
      System.arraycopy(tensor.floats(), 0, out, 0, out.length);
    } else {
      tensor.copyRow(row, out, 0);
    }
  }

  private static void check(Tensor tensor, float[] row) {
    for (float value : row) {
      if (!Float.isFinite(value)) {
        throw new CheckpointException(
            "tensor %s: expected finite weights, found %s; download the model again"
                .formatted(tensor.name(), value));
      }
    }
  }
}

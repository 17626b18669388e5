package org.lfm4j.cpu;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.SequenceState;

/**
 * What the reference runner remembers of a sequence, layer by layer. An attention layer keeps every
 * token's rotated keys and raw values, each [kvHeads * D]. A convolution layer keeps the last L-1
 * columns [H] of its gated input, oldest first, zeros before the first token.
 */
final class ReferenceState implements SequenceState {
  private final ReferenceRunner runner;
  private final int capacity;
  private final List<List<float[]>> keys = new ArrayList<>();
  private final List<List<float[]>> values = new ArrayList<>();
  private final List<float[][]> columns = new ArrayList<>();
  private int length;
  private boolean closed;

  ReferenceState(ReferenceRunner runner, ModelConfig config, int capacity) {
    this.runner = runner;
    this.capacity = capacity;
    for (LayerKind kind : config.layers()) {
      int kept = kind == LayerKind.CONV ? config.convLength() - 1 : 0;
      keys.add(new ArrayList<>());
      values.add(new ArrayList<>());
      columns.add(new float[kept][config.hiddenSize()]);
    }
  }

  boolean belongsTo(ReferenceRunner candidate) {
    return runner == candidate;
  }

  boolean isClosed() {
    return closed;
  }

  List<float[]> keys(int layer) {
    return keys.get(layer);
  }

  List<float[]> values(int layer) {
    return values.get(layer);
  }

  float[][] columns(int layer) {
    return columns.get(layer);
  }

  void advance(int tokens) {
    length += tokens;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public void close() {
    closed = true;
    keys.clear();
    values.clear();
    columns.clear();
  }
}

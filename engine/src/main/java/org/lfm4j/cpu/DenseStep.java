package org.lfm4j.cpu;

import org.jspecify.annotations.Nullable;

/** A dense feed-forward, from normed activations to the residual stream. */
final class DenseStep {
  /** Rows of an item: a whole number of steps of every vector width. */
  static final int ROWS = 64;

  private final Block block;
  private final LinearStep linear;
  private final RowsStep rows;
  private final int hidden;
  private final WorkerPool.Task item = this::item;

  private LayerWeights.@Nullable Dense weights;

  DenseStep(Block block, LinearStep linear, RowsStep rows, int hidden) {
    this.block = block;
    this.linear = linear;
    this.rows = rows;
    this.hidden = hidden;
  }

  /** Runs the feed-forward on {@code block.packed} and adds its result to {@code block.hidden}. */
  void run(LayerWeights.Dense weights) {
    this.weights = weights;
    int width = weights.gate().rows();
    block.pool.run(item, (width + ROWS - 1) / ROWS);
    rows.pack(block.wide, width);
    linear.run(weights.down(), block.tokens, block.hidden, 0, hidden, true);
  }

  private void item(int item, int worker) {
    LayerWeights.Dense current = weights;
    if (current != null) {
      int width = current.gate().rows();
      int from = item * ROWS;
      int to = Math.min(width, from + ROWS);
      gated(
          current.gate(),
          current.up(),
          from,
          to,
          block.packed,
          0,
          block.tokens,
          block.wide,
          block.second,
          0,
          block.scratch[worker]);
    }
  }

  /** Computes rows [from, to) of {@code silu(gate x) * (up x)} for some packed activations. */
  static void gated(
      WeightMatrix gate,
      WeightMatrix up,
      int from,
      int to,
      Activations x,
      int firstRow,
      int count,
      float[] gateOut,
      float[] upOut,
      int outAt,
      Scratch scratch) {
    int width = gate.rows();
    MatMul.rows(gate, from, to, x, firstRow, count, gateOut, outAt, width, false, scratch);
    MatMul.rows(up, from, to, x, firstRow, count, upOut, outAt, width, false, scratch);
    for (int t = 0; t < count; t++) {
      int at = outAt + t * width + from;
      SwiGlu.apply(gateOut, at, upOut, at, to - from);
    }
  }
}

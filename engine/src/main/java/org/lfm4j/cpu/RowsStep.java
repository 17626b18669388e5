package org.lfm4j.cpu;

/** Work on each token alone: normalising and packing. */
final class RowsStep {
  private final Block block;
  private final float eps;
  private final WorkerPool.Task normItem = this::normItem;
  private final WorkerPool.Task packItem = this::packItem;

  private float[] source;
  private float[] weight = {};
  private int rows;
  private int columns;

  RowsStep(Block block, float eps) {
    this.block = block;
    this.eps = eps;
    this.source = block.hidden;
  }

  /** Packs the normed residual stream of the first {@code rows} tokens. */
  void norm(float[] weight, int rows) {
    this.weight = weight;
    this.rows = rows;
    this.columns = weight.length;
    block.pool.run(normItem, items(rows));
  }

  /** Packs {@code source} [tokens, columns] of all tokens. */
  void pack(float[] source, int columns) {
    this.source = source;
    this.rows = block.tokens;
    this.columns = columns;
    block.pool.run(packItem, items(rows));
  }

  private static int items(int rows) {
    return (rows + Activations.GROUP - 1) / Activations.GROUP;
  }

  private void normItem(int item, int worker) {
    Scratch scratch = block.scratch[worker];
    int first = item * Activations.GROUP;
    int count = Math.min(Activations.GROUP, rows - first);
    for (int i = 0; i < count; i++) {
      scratch.at[i] = i * columns;
      int at = (first + i) * columns;
      RmsNorm.apply(block.hidden, at, weight, eps, scratch.rows, i * columns, scratch.accumulators);
    }
    block.packed.pack(scratch.rows, scratch.at, 0, columns, columns, 0, first, rows);
  }

  private void packItem(int item, int worker) {
    int[] at = block.scratch[worker].at;
    int first = item * Activations.GROUP;
    int count = Math.min(Activations.GROUP, rows - first);
    for (int i = 0; i < count; i++) {
      at[i] = (first + i) * columns;
    }
    block.packed.pack(source, at, 0, columns, columns, 0, first, rows);
  }
}

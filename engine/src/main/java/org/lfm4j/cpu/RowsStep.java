package org.lfm4j.cpu;

/** Work on each token alone: normalising and packing. */
final class RowsStep {
  private static final int TOKENS_PER_ITEM = 8;

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
    return (rows + TOKENS_PER_ITEM - 1) / TOKENS_PER_ITEM;
  }

  private void normItem(int item, int worker) {
    Scratch scratch = block.scratch[worker];
    int end = Math.min(rows, (item + 1) * TOKENS_PER_ITEM);
    for (int t = item * TOKENS_PER_ITEM; t < end; t++) {
      int at = t * columns;
      RmsNorm.apply(block.hidden, at, weight, eps, scratch.row, 0, scratch.accumulators);
      block.packed.pack(scratch.row, 0, 0, columns, columns, 0, t, rows);
    }
  }

  private void packItem(int item, int worker) {
    int end = Math.min(rows, (item + 1) * TOKENS_PER_ITEM);
    for (int t = item * TOKENS_PER_ITEM; t < end; t++) {
      block.packed.pack(source, t * columns, 0, columns, columns, 0, t, rows);
    }
  }
}

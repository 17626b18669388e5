package org.lfm4j.cpu;

/** Multiplies the packed activations by matrices whose outputs lie side by side. */
final class LinearStep {
  private static final int LEAST_ROWS = 32;
  private static final int MOST_ROWS = 256;
  private static final int ITEMS_PER_THREAD = 4;

  private final Block block;
  private final WorkerPool.Task item = this::item;

  private WeightMatrix[] parts = {};
  private int count;
  private float[] out = {};
  private int outAt;
  private int stride;
  private boolean add;
  private int itemRows;

  LinearStep(Block block) {
    this.block = block;
  }

  /**
   * Computes {@code out[outAt + t * stride + r] (+)= parts[r] . x[t]}.
   *
   * @param count packed rows in {@code block.packed}
   * @param add whether to add to {@code out} or to overwrite it
   */
  void run(WeightMatrix[] parts, int count, float[] out, int outAt, int stride, boolean add) {
    this.parts = parts;
    this.count = count;
    this.out = out;
    this.outAt = outAt;
    this.stride = stride;
    this.add = add;
    itemRows = itemRows(stride, block.pool.threads());
    int items = 0;
    for (WeightMatrix part : parts) {
      items += items(part, itemRows);
    }
    block.pool.run(item, items);
  }

  /** Chooses how many rows an item has: some items for each thread, each a long run of memory. */
  static int itemRows(int rows, int threads) {
    int share = (rows / (threads * ITEMS_PER_THREAD) + LEAST_ROWS - 1) / LEAST_ROWS * LEAST_ROWS;
    return Math.clamp(share, LEAST_ROWS, MOST_ROWS);
  }

  /** Returns how many items a matrix makes. */
  static int items(WeightMatrix part, int itemRows) {
    return (part.rows() + itemRows - 1) / itemRows;
  }

  private void item(int index, int worker) {
    int item = index;
    int column = outAt;
    int p = 0;
    while (item >= items(parts[p], itemRows)) {
      item -= items(parts[p], itemRows);
      column += parts[p].rows();
      p++;
    }
    int from = item * itemRows;
    int to = Math.min(parts[p].rows(), from + itemRows);
    MatMul.rows(
        parts[p],
        from,
        to,
        block.packed,
        0,
        count,
        out,
        column,
        stride,
        add,
        block.scratch[worker]);
  }
}

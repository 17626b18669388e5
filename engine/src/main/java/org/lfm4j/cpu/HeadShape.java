package org.lfm4j.cpu;

import org.lfm4j.checkpoint.ModelConfig;

/**
 * Sizes of grouped-query attention, and of the pages that hold its keys and values.
 *
 * <p>A page holds {@link #PAGE} positions of one layer: for each key-value head the keys transposed
 * [dim, PAGE], then the values [PAGE, paddedDim]. So both products of attention run along memory,
 * without sums across lanes.
 *
 * @param heads query heads
 * @param kvHeads key-value heads; query head h reads key-value head h / group
 * @param dim width of a head
 */
record HeadShape(int heads, int kvHeads, int dim) {
  /** Positions in a page. */
  static final int PAGE = 64;

  static HeadShape of(ModelConfig config) {
    return new HeadShape(config.numHeads(), config.numKvHeads(), config.headDim());
  }

  /** Query heads per key-value head. */
  int group() {
    return heads / kvHeads;
  }

  /** Width of a value row in a page: whole runs of {@link AttentionTile#RUN}. */
  int paddedDim() {
    return (dim + AttentionTile.RUN - 1) / AttentionTile.RUN * AttentionTile.RUN;
  }

  /** Floats of one key-value head in a page. */
  int pageHead() {
    return PAGE * (dim + paddedDim());
  }

  /** Floats of a page. */
  int pageSize() {
    return kvHeads * pageHead();
  }

  /** Columns of the query, key and value projections side by side. */
  int qkvColumns() {
    return (heads + 2 * kvHeads) * dim;
  }

  /** Stores a key and a value of one head at a position of its page. */
  void store(float[] page, int kvHead, int position, float[] qkv, int keyAt, int valueAt) {
    int keys = kvHead * pageHead() + position % PAGE;
    int values = kvHead * pageHead() + PAGE * dim + position % PAGE * paddedDim();
    for (int i = 0; i < dim; i++) {
      page[keys + i * PAGE] = qkv[keyAt + i];
    }
    System.arraycopy(qkv, valueAt, page, values, dim);
  }
}

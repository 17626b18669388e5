package org.lfm4j.cpu;

import org.jspecify.annotations.Nullable;
import org.lfm4j.checkpoint.MoeConfig;

/**
 * A mixture of experts, from the residual stream to the residual stream. Tokens are grouped by
 * expert, so that a block reads the weights of each chosen expert once.
 */
final class ExpertsStep {
  private static final int ROWS = DenseStep.ROWS;

  private final Block block;
  private final MoeConfig moe;
  private final int hidden;
  private final int width;
  private final float eps;
  private final ExpertGroups groups;
  private final WorkerPool.Task routeItem = this::routeItem;
  private final WorkerPool.Task packItem = this::packItem;
  private final WorkerPool.Task gatedItem = this::gatedItem;
  private final WorkerPool.Task packGatedItem = this::packGatedItem;
  private final WorkerPool.Task downItem = this::downItem;
  private final WorkerPool.Task mixItem = this::mixItem;

  /** Normed activations [tokens, hidden]. */
  private final float[] normed;

  /** Chosen experts and their weights [tokens, chosen]. */
  private final int[] experts;

  private final float[] weights;
  private final float[][] scores;

  // One row for each token and choice, sorted by expert.
  private final float[] packed;
  private final float[] gate;
  private final float[] up;
  private final float[] down;

  private LayerWeights.@Nullable Experts layer;
  private float[] norm = {};

  ExpertsStep(Block block, MoeConfig moe, int hidden, float eps) {
    this.block = block;
    this.moe = moe;
    this.hidden = hidden;
    this.width = moe.intermediateSize();
    this.eps = eps;
    int rows = Block.MOST_TOKENS * moe.numExpertsPerToken();
    groups = new ExpertGroups(moe.numExperts(), rows);
    normed = new float[Block.MOST_TOKENS * hidden];
    experts = new int[rows];
    weights = new float[rows];
    scores = new float[block.pool.threads()][moe.numExperts()];
    packed = new float[(rows + moe.numExperts()) * Simd.pad(Math.max(hidden, width))];
    gate = new float[rows * width];
    up = new float[rows * width];
    down = new float[rows * hidden];
  }

  /** Norms {@code block.hidden}, runs the experts, and adds their mixture to it. */
  void run(LayerWeights.Experts layer, float[] norm) {
    this.layer = layer;
    this.norm = norm;
    WorkerPool pool = block.pool;
    pool.run(routeItem, block.tokens);
    groups.sort(experts, block.tokens * moe.numExpertsPerToken());
    int active = groups.active();
    pool.run(packItem, active);
    pool.run(gatedItem, active * items(width));
    pool.run(packGatedItem, active);
    pool.run(downItem, active * items(hidden));
    pool.run(mixItem, block.tokens);
  }

  private static int items(int rows) {
    return (rows + ROWS - 1) / ROWS;
  }

  private LayerWeights.Experts layer() {
    LayerWeights.Experts current = layer;
    if (current == null) {
      throw new IllegalStateException("run() sets the layer before it starts items");
    }
    return current;
  }

  private void routeItem(int token, int worker) {
    float[] lanes = block.scratch[worker].accumulators;
    int at = token * hidden;
    RmsNorm.apply(block.hidden, at, norm, eps, normed, at, lanes);
    int choice = token * moe.numExpertsPerToken();
    layer().router().route(normed, at, scores[worker], experts, weights, choice, lanes);
  }

  private void packItem(int group, int worker) {
    int expert = groups.expert(group);
    int rows = groups.rows(expert);
    int packedAt = groups.packedRow(expert) * Simd.pad(hidden);
    for (int row = 0; row < rows; row++) {
      int token = groups.choice(groups.firstRow(expert) + row) / moe.numExpertsPerToken();
      PackedRows.pack(normed, token * hidden, 0, hidden, hidden, packed, packedAt, row, rows);
    }
  }

  private void gatedItem(int item, int worker) {
    int expert = groups.expert(item / items(width));
    int from = item % items(width) * ROWS;
    DenseStep.gated(
        layer().gate()[expert],
        layer().up()[expert],
        from,
        Math.min(width, from + ROWS),
        packed,
        groups.packedRow(expert) * Simd.pad(hidden),
        groups.rows(expert),
        gate,
        up,
        groups.firstRow(expert) * width,
        block.scratch[worker]);
  }

  private void packGatedItem(int group, int worker) {
    int expert = groups.expert(group);
    int rows = groups.rows(expert);
    int packedAt = groups.packedRow(expert) * Simd.pad(width);
    for (int row = 0; row < rows; row++) {
      int at = (groups.firstRow(expert) + row) * width;
      PackedRows.pack(gate, at, 0, width, width, packed, packedAt, row, rows);
    }
  }

  private void downItem(int item, int worker) {
    int expert = groups.expert(item / items(hidden));
    int from = item % items(hidden) * ROWS;
    MatMul.rows(
        layer().down()[expert],
        from,
        Math.min(hidden, from + ROWS),
        packed,
        groups.packedRow(expert) * Simd.pad(width),
        groups.rows(expert),
        down,
        groups.firstRow(expert) * hidden,
        hidden,
        false,
        block.scratch[worker]);
  }

  private void mixItem(int token, int worker) {
    int to = token * hidden;
    int choices = moe.numExpertsPerToken();
    for (int choice = token * choices; choice < (token + 1) * choices; choice++) {
      int from = groups.row(choice) * hidden;
      float weight = weights[choice];
      for (int i = 0; i < hidden; i++) {
        block.hidden[to + i] += weight * down[from + i];
      }
    }
  }
}

package org.lfm4j.cpu;

import org.jspecify.annotations.Nullable;
import org.lfm4j.checkpoint.MoeConfig;

/**
 * A mixture of experts, from the residual stream to the residual stream. Tokens are grouped by
 * expert, so that a block reads the weights of each chosen expert once.
 */
final class ExpertsStep {
  private static final int ROWS = DenseStep.ROWS;

  /** Tokens that are routed in one item. */
  private static final int TOKENS_PER_ROUTE = 2;

  /** Tokens whose mixtures make an item: fewer cost more to hand over than to add. */
  private static final int TOKENS_PER_ITEM = 8;

  /** Experts for each thread from which on each is one item. */
  private static final int WHOLE_PER_THREAD = 4;

  /** Weights of an expert below which it is one item in any case. */
  private static final int SMALL = 1 << 16;

  private final Block block;
  private final MoeConfig moe;
  private final int hidden;
  private final int width;
  private final float eps;
  private final boolean small;
  private final ExpertGroups groups;
  private final WorkerPool.Task routeItem = this::routeItem;
  private final WorkerPool.Task expertItem = this::expertItem;
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
  private final Activations packed;
  private final Activations packedGate;
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
    this.small = 3 * hidden * width < SMALL;
    int rows = Block.MOST_TOKENS * moe.numExpertsPerToken();
    groups = new ExpertGroups(moe.numExperts(), rows);
    normed = new float[Block.MOST_TOKENS * hidden];
    experts = new int[rows];
    weights = new float[rows];
    scores = new float[block.pool.threads()][moe.numExperts()];
    int padded = groups.mostPackedRows();
    packed = new Activations(block.forms, padded * Simd.pad(hidden));
    packedGate = new Activations(block.forms, padded * Simd.pad(width));
    gate = new float[rows * width];
    up = new float[rows * width];
    down = new float[rows * hidden];
  }

  /** Norms {@code block.hidden}, runs the experts, and adds their mixture to it. */
  void run(LayerWeights.Experts layer, float[] norm) {
    this.layer = layer;
    this.norm = norm;
    WorkerPool pool = block.pool;
    pool.run(routeItem, (block.tokens + TOKENS_PER_ROUTE - 1) / TOKENS_PER_ROUTE);
    groups.sort(experts, block.tokens * moe.numExpertsPerToken());
    int active = groups.active();
    if (small || active >= WHOLE_PER_THREAD * pool.threads()) {
      pool.run(expertItem, active);
    } else {
      pool.run(packItem, active);
      pool.run(gatedItem, active * items(width));
      pool.run(packGatedItem, active);
      pool.run(downItem, active * items(hidden));
    }
    pool.run(mixItem, (block.tokens + TOKENS_PER_ITEM - 1) / TOKENS_PER_ITEM);
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

  private void routeItem(int item, int worker) {
    float[] lanes = block.scratch[worker].accumulators;
    Router router = layer().router();
    int end = Math.min(block.tokens, (item + 1) * TOKENS_PER_ROUTE);
    for (int token = item * TOKENS_PER_ROUTE; token < end; token++) {
      int at = token * hidden;
      RmsNorm.apply(block.hidden, at, norm, eps, normed, at, lanes);
      int choice = token * moe.numExpertsPerToken();
      router.route(normed, at, scores[worker], experts, weights, choice, lanes);
    }
  }

  /** A whole expert: what costs least when there are enough of them to keep all threads busy. */
  private void expertItem(int group, int worker) {
    packItem(group, worker);
    gated(groups.expert(group), 0, width, worker);
    packGatedItem(group, worker);
    down(groups.expert(group), 0, hidden, worker);
  }

  private void packItem(int group, int worker) {
    int expert = groups.expert(group);
    int rows = groups.rows(expert);
    int packedRow = groups.packedRow(expert);
    int[] at = block.scratch[worker].at;
    for (int row = 0; row < rows; row += Activations.GROUP) {
      int choice = groups.firstRow(expert) + row;
      for (int i = 0; i < Math.min(Activations.GROUP, rows - row); i++) {
        at[i] = groups.choice(choice + i) / moe.numExpertsPerToken() * hidden;
      }
      packed.pack(normed, at, 0, hidden, hidden, packedRow, row, rows);
    }
  }

  private void gatedItem(int item, int worker) {
    int from = item % items(width) * ROWS;
    gated(groups.expert(item / items(width)), from, Math.min(width, from + ROWS), worker);
  }

  private void gated(int expert, int from, int to, int worker) {
    DenseStep.gated(
        layer().gate()[expert],
        layer().up()[expert],
        from,
        to,
        packed,
        groups.packedRow(expert),
        groups.rows(expert),
        gate,
        up,
        groups.firstRow(expert) * width,
        block.scratch[worker]);
  }

  private void packGatedItem(int group, int worker) {
    int expert = groups.expert(group);
    int rows = groups.rows(expert);
    int packedRow = groups.packedRow(expert);
    int[] at = block.scratch[worker].at;
    for (int row = 0; row < rows; row += Activations.GROUP) {
      for (int i = 0; i < Activations.GROUP; i++) {
        at[i] = (groups.firstRow(expert) + row + i) * width;
      }
      packedGate.pack(gate, at, 0, width, width, packedRow, row, rows);
    }
  }

  private void downItem(int item, int worker) {
    int from = item % items(hidden) * ROWS;
    down(groups.expert(item / items(hidden)), from, Math.min(hidden, from + ROWS), worker);
  }

  private void down(int expert, int from, int to, int worker) {
    MatMul.rows(
        layer().down()[expert],
        from,
        to,
        packedGate,
        groups.packedRow(expert),
        groups.rows(expert),
        down,
        groups.firstRow(expert) * hidden,
        hidden,
        false,
        block.scratch[worker]);
  }

  private void mixItem(int item, int worker) {
    int choices = moe.numExpertsPerToken();
    int end = Math.min(block.tokens, (item + 1) * TOKENS_PER_ITEM);
    for (int token = item * TOKENS_PER_ITEM; token < end; token++) {
      for (int choice = token * choices; choice < (token + 1) * choices; choice++) {
        int from = groups.row(choice) * hidden;
        Elementwise.addScaled(down, from, weights[choice], block.hidden, token * hidden, hidden);
      }
    }
  }
}

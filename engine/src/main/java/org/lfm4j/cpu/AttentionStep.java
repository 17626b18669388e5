package org.lfm4j.cpu;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Batch;

/** A layer's attention block, from normed activations to the residual stream. */
final class AttentionStep {
  private static final int TOKENS_PER_ITEM = 2;

  private final Block block;
  private final LinearStep linear;
  private final RowsStep rows;
  private final HeadShape heads;
  private final Rotary rotary;
  private final float eps;
  private final float scale;
  private final int hidden;
  private final WorkerPool.Task storeItem = this::storeItem;
  private final WorkerPool.Task attendItem = this::attendItem;

  private float[] queryNorm = {};
  private float[] keyNorm = {};
  private @Nullable Batch batch;
  private float[][] pages = {};

  // Tiles of consecutive tokens of one sequence.
  private final int[] tileFirst = new int[Block.MOST_TOKENS];
  private final int[] tileTokens = new int[Block.MOST_TOKENS];
  private int tiles;

  AttentionStep(Block block, LinearStep linear, RowsStep rows, ModelConfig config) {
    this.block = block;
    this.linear = linear;
    this.rows = rows;
    heads = HeadShape.of(config);
    rotary = new Rotary(config.ropeTheta(), heads.dim());
    eps = config.normEps();
    scale = (float) (1 / Math.sqrt(heads.dim()));
    hidden = config.hiddenSize();
  }

  /** Computes the rotary angles of the block's tokens and cuts it into tiles, for all layers. */
  void prepare() {
    tiles = 0;
    for (int t = 0; t < block.tokens; t += tileTokens[tiles++]) {
      tileFirst[tiles] = t;
      tileTokens[tiles] = block.run(t, AttentionTile.TOKENS);
    }
    for (int t = 0; t < block.tokens; t++) {
      rotary.angles(block.position[t], block.angles, t * heads.dim());
    }
  }

  /**
   * Runs the block on {@code block.packed} and adds its result to {@code block.hidden}.
   *
   * @param pages keys and values of this layer in every page
   */
  void run(LayerWeights.Attention weights, Batch batch, float[][] pages) {
    this.batch = batch;
    this.queryNorm = weights.queryNorm();
    this.keyNorm = weights.keyNorm();
    this.pages = pages;
    int tokens = block.tokens;
    linear.run(weights.qkv(), tokens, block.wide, 0, heads.qkvColumns(), false);
    block.pool.run(storeItem, (tokens + TOKENS_PER_ITEM - 1) / TOKENS_PER_ITEM);
    block.pool.run(attendItem, heads.kvHeads() * tiles);
    rows.pack(block.second, heads.heads() * heads.dim());
    linear.run(weights.out(), tokens, block.hidden, 0, hidden, true);
  }

  /** Norms and rotates queries and keys, and stores keys and values. */
  private void storeItem(int item, int worker) {
    Batch current = Objects.requireNonNull(batch);
    float[] lanes = block.scratch[worker].accumulators;
    int dim = heads.dim();
    int end = Math.min(block.tokens, (item + 1) * TOKENS_PER_ITEM);
    for (int t = item * TOKENS_PER_ITEM; t < end; t++) {
      int at = t * heads.qkvColumns();
      for (int h = 0; h < heads.heads(); h++) {
        normAndRotate(queryNorm, at + h * dim, t, scale, lanes);
      }
      int keys = at + heads.heads() * dim;
      int values = keys + heads.kvHeads() * dim;
      int position = block.position[t];
      float[] page = pages[current.page(block.sequence[t], position / HeadShape.PAGE)];
      for (int h = 0; h < heads.kvHeads(); h++) {
        normAndRotate(keyNorm, keys + h * dim, t, 1, lanes);
        heads.store(page, h, position, block.wide, keys + h * dim, values + h * dim);
      }
    }
  }

  private void normAndRotate(float[] norm, int at, int token, float factor, float[] lanes) {
    int dim = heads.dim();
    RmsNorm.apply(block.wide, at, norm, eps, block.wide, at, lanes);
    Rotary.rotate(block.wide, at, dim, block.angles, token * dim, factor);
  }

  private void attendItem(int item, int worker) {
    // The last tiles of a prompt have the most keys: they go first.
    int tile = tiles - 1 - item / heads.kvHeads();
    int first = tileFirst[tile];
    block.scratch[worker].attention.attend(
        block.wide,
        first * heads.qkvColumns(),
        block.position[first],
        tileTokens[tile],
        item % heads.kvHeads(),
        Objects.requireNonNull(batch),
        block.sequence[first],
        pages,
        block.second,
        first * heads.heads() * heads.dim());
  }
}

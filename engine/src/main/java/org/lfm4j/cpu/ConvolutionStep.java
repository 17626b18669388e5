package org.lfm4j.cpu;

import org.lfm4j.runner.Batch;

/** A layer's short convolution block, from normed activations to the residual stream. */
final class ConvolutionStep {
  private final Block block;
  private final LinearStep linear;
  private final int hidden;

  /** Channels of an item: whole steps of every vector width, and whole scales of activations. */
  private final int itemChannels;

  private final WorkerPool.Task item = this::item;

  private LayerWeights.@org.jspecify.annotations.Nullable Convolution weights;
  private float[][] states = {};

  // Runs of tokens of one sequence in one page, with the page whose state goes in and their own.
  private final int[] runLength = new int[Block.MOST_TOKENS];
  private final int[] pageBefore = new int[Block.MOST_TOKENS];
  private final int[] page = new int[Block.MOST_TOKENS];
  private int runs;

  ConvolutionStep(Block block, LinearStep linear, int hidden) {
    this.block = block;
    this.linear = linear;
    this.hidden = hidden;
    itemChannels = block.forms.blocks() ? QuantRows.BLOCK : 128;
  }

  /**
   * Runs the block on {@code block.packed} and adds its result to {@code block.hidden}.
   *
   * @param states convolution state of this layer in every page [length - 1, hidden]; the zero
   *     state comes last
   */
  void run(LayerWeights.Convolution weights, Batch batch, float[][] states) {
    this.weights = weights;
    this.states = states;
    findRuns(batch);
    int tokens = block.tokens;
    linear.run(weights.in(), tokens, block.wide, 0, 3 * hidden, false);
    if (tokens == 1) {
      channels(weights, 0, hidden, 0);
    } else {
      block.pool.run(item, (hidden + itemChannels - 1) / itemChannels);
    }
    linear.run(weights.out(), tokens, block.hidden, 0, hidden, true);
  }

  private void findRuns(Batch batch) {
    runs = 0;
    for (int t = 0; t < block.tokens; t += runLength[runs++]) {
      int sequence = block.sequence[t];
      int position = block.position[t];
      runLength[runs] = block.run(t, HeadShape.PAGE);
      page[runs] = batch.page(sequence, position / HeadShape.PAGE);
      pageBefore[runs] =
          position == 0 ? states.length - 1 : batch.page(sequence, (position - 1) / HeadShape.PAGE);
    }
  }

  private void item(int item, int worker) {
    LayerWeights.Convolution current = weights;
    if (current != null) {
      int from = item * itemChannels;
      channels(current, from, Math.min(hidden, from + itemChannels), worker);
    }
  }

  private void channels(LayerWeights.Convolution w, int from, int to, int worker) {
    if (w.inBias().length > 0) {
      addBiases(w, from, to);
    }
    int first = 0;
    for (int r = 0; r < runs; r++) {
      ShortConv.apply(
          block.wide,
          first,
          runLength[r],
          hidden,
          from,
          to,
          w.taps(),
          w.bias(),
          states[pageBefore[r]],
          states[page[r]],
          block.second);
      first += runLength[r];
    }
    int[] at = block.scratch[worker].at;
    for (int t = 0; t < block.tokens; t += Activations.GROUP) {
      for (int i = 0; i < Activations.GROUP; i++) {
        at[i] = (t + i) * hidden + from;
      }
      block.packed.pack(block.second, at, from, to, hidden, 0, t, block.tokens);
    }
  }

  private void addBiases(LayerWeights.Convolution w, int from, int to) {
    for (int t = 0; t < block.tokens; t++) {
      for (int part = 0; part < 3; part++) {
        addBias(block.wide, (3 * t + part) * hidden, w.inBias(), part * hidden, from, to);
      }
      addBias(block.hidden, t * hidden, w.outBias(), 0, from, to);
    }
  }

  private static void addBias(float[] v, int at, float[] bias, int biasAt, int from, int to) {
    for (int i = from; i < to; i++) {
      v[at + i] += bias[biasAt + i];
    }
  }
}

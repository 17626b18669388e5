package org.lfm4j.cpu;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SequenceState;

/**
 * The model on the CPU with the Vector API: weights as they are mapped (BF16 in place), FP32
 * activations and sums.
 *
 * <p>A token's logits do not depend on how its prompt was cut into chunks, nor on the number of
 * threads: every output is summed in the same order in all kernels.
 *
 * <p>One thread at a time drives a runner; its workers only help within a call.
 */
public final class VectorRunner implements Runner {
  private final ModelConfig config;
  private final Arena arena;
  private final ModelWeights weights;
  private final WorkerPool pool;
  private final PagePool pages;
  private final Block block;
  private final RowsStep rows;
  private final LinearStep linear;
  private final ConvolutionStep convolution;
  private final AttentionStep attention;
  private final DenseStep dense;
  private final Optional<ExpertsStep> experts;

  /** Runs on one thread for each processor. */
  public VectorRunner(Checkpoint checkpoint) {
    this(checkpoint, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Takes the weights and plans all memory but that of sequences.
   *
   * @param checkpoint stays open at least as long as this runner
   * @param threads how many work on a forward pass, the caller included
   * @throws org.lfm4j.checkpoint.CheckpointException if a weight is missing or has another shape
   *     than the configuration says
   * @throws IllegalArgumentException if threads is below 1
   */
  public VectorRunner(Checkpoint checkpoint, int threads) {
    config = checkpoint.config();
    pool = new WorkerPool(threads);
    arena = Arena.ofShared();
    boolean ready = false;
    try {
      weights = ModelWeights.read(checkpoint, arena);
      pages = new PagePool(HeadShape.of(config).pageSize());
      block = new Block(pool, config);
      rows = new RowsStep(block, config.normEps());
      linear = new LinearStep(block);
      convolution = new ConvolutionStep(block, linear, config.hiddenSize());
      attention = new AttentionStep(block, linear, rows, config);
      dense = new DenseStep(block, linear, rows, config.hiddenSize());
      experts =
          config.moe().map(m -> new ExpertsStep(block, m, config.hiddenSize(), config.normEps()));
      ready = true;
    } finally {
      if (!ready) {
        close();
      }
    }
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public SequenceState open(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException(
          "a sequence of capacity %d holds nothing: ask for at least 1 token".formatted(capacity));
    }
    return new VectorSequence(pages, config, capacity);
  }

  @Override
  public void forward(SequenceState sequence, int[] tokens, int from, int to, float[] logits) {
    VectorSequence state = check(sequence, tokens, from, to, logits);
    int wanted = to - logits.length / config.vocabSize();
    state.reserve(state.length() + to - from);
    for (int start = from; start < to; start += Block.MOST_TOKENS) {
      int end = Math.min(to, start + Block.MOST_TOKENS);
      layers(state, tokens, start, end);
      state.advance(end - start);
      if (end > wanted) {
        int first = Math.max(start, wanted);
        logits(first - start, end - first, logits, (first - wanted) * config.vocabSize());
      }
    }
  }

  private VectorSequence check(
      SequenceState sequence, int[] tokens, int from, int to, float[] logits) {
    if (!(sequence instanceof VectorSequence state) || !state.isOf(pages)) {
      throw new IllegalArgumentException(
          "the sequence is closed or of another runner: open one with this runner");
    }
    if (from < 0 || to < from || to > tokens.length) {
      throw new IllegalArgumentException(
          "range [%d, %d) is not within the %d tokens given".formatted(from, to, tokens.length));
    }
    if (to - from > state.capacity() - state.length()) {
      throw new IllegalArgumentException(
          "%d tokens after %d exceed the capacity of %d: open a longer sequence"
              .formatted(to - from, state.length(), state.capacity()));
    }
    int vocab = config.vocabSize();
    for (int i = from; i < to; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocab) {
        throw new IllegalArgumentException(
            "token %d at index %d is not in [0, %d)".formatted(tokens[i], i, vocab));
      }
    }
    if (logits.length % vocab != 0 || logits.length / vocab > to - from) {
      throw new IllegalArgumentException(
          "%d logits are not those of at most %d tokens with %d each"
              .formatted(logits.length, to - from, vocab));
    }
    return state;
  }

  /** Takes tokens [start, end) through all layers. */
  private void layers(VectorSequence state, int[] tokens, int start, int end) {
    block.position = state.length();
    block.tokens = end - start;
    for (int t = 0; t < block.tokens; t++) {
      weights.embedding().copyRow(tokens[start + t], block.hidden, t * config.hiddenSize());
    }
    attention.prepare();
    List<LayerWeights> layers = weights.layers();
    for (int i = 0; i < layers.size(); i++) {
      LayerWeights layer = layers.get(i);
      rows.norm(layer.operatorNorm(), 0, block.tokens);
      switch (layer.mixer()) {
        case LayerWeights.Convolution c -> convolution.run(c, state.convolution(i));
        case LayerWeights.Attention a -> attention.run(a, state.pages(i));
      }
      switch (layer.feedForward()) {
        case LayerWeights.Dense d -> {
          rows.norm(layer.ffnNorm(), 0, block.tokens);
          dense.run(d);
        }
        case LayerWeights.Experts e -> experts.orElseThrow().run(e, layer.ffnNorm());
      }
    }
  }

  private void logits(int first, int count, float[] out, int outAt) {
    rows.norm(weights.norm(), first, count);
    linear.run(weights.head(), count, out, outAt, config.vocabSize(), false);
  }

  /** Ends the worker threads and frees copied weights; sequences must not be used any more. */
  @Override
  public void close() {
    pool.close();
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}

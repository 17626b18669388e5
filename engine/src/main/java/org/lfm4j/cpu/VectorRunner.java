package org.lfm4j.cpu;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.BatchCheck;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;

/**
 * The model on the CPU with the Vector API. Matrices of floats are multiplied by FP32 activations,
 * BF16 where it is mapped (with AMX by their three parts: {@link SplitRows}); quantised ones by
 * activations in eight bits ({@link QuantMatMul}). All else is FP32.
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
  private final Block block;
  private final RowsStep rows;
  private final LinearStep linear;
  private final ConvolutionStep convolution;
  private final AttentionStep attention;
  private final DenseStep dense;
  private final Optional<ExpertsStep> experts;
  private VectorCache cache;

  /** Returns whether this process has kernels at all, in C or with the Vector API. */
  public static boolean hasKernels() {
    return Simd.LANES > 0;
  }

  /** Runs on one thread for each processor. */
  public VectorRunner(Checkpoint checkpoint) {
    this(checkpoint, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Takes the weights and all memory but that of the cache, whose pages are taken when they are
   * used.
   *
   * @param checkpoint stays open at least as long as this runner
   * @param threads how many work on a forward pass, the caller included
   * @throws org.lfm4j.checkpoint.CheckpointException if a weight is missing or has another shape
   *     than the configuration says
   * @throws IllegalArgumentException if threads is below 1
   */
  public VectorRunner(Checkpoint checkpoint, int threads) {
    // Linking what the first step calls takes a while: it goes on while weights are read.
    Thread.ofPlatform().daemon().name("lfm4j-link").start(NativeElementwise::link);
    config = checkpoint.config();
    pool = new WorkerPool(threads);
    arena = Arena.ofShared();
    cache = new VectorCache(config, 0);
    boolean ready = false;
    try {
      weights = ModelWeights.read(checkpoint, arena);
      block = new Block(pool, config, weights.forms());
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
  public CacheSpec cacheSpec() {
    return VectorCache.spec(config);
  }

  @Override
  public long workspaceBytes(int maxRows, int maxLogitRows) {
    return block.bytes();
  }

  @Override
  public void allocate(int pages, int maxRows, int maxLogitRows) {
    cache = new VectorCache(config, pages);
  }

  @Override
  public void step(Batch batch, StepResult result) {
    BatchCheck.check(batch, config.vocabSize(), cache.pages(), HeadShape.PAGE);
    takePages(batch);
    int written = 0;
    for (int row = 0; row < batch.rows(); row += Block.MOST_TOKENS) {
      block.fill(batch, row);
      layers(batch);
      written += logits(batch, row, written, result.logits());
    }
  }

  /** Takes memory for the pages that this batch begins. */
  private void takePages(Batch batch) {
    for (int s = 0; s < batch.sequences(); s++) {
      int end = batch.start(s) + batch.firstRow(s + 1) - batch.firstRow(s);
      for (int i = batch.start(s) / HeadShape.PAGE; i * HeadShape.PAGE < end; i++) {
        cache.take(batch.page(s, i));
      }
    }
  }

  /** Takes the block's tokens through all layers. */
  private void layers(Batch batch) {
    for (int t = 0; t < block.tokens; t++) {
      int token = batch.token(block.firstRow + t);
      weights.embedding().copyRow(token, block.hidden, t * config.hiddenSize());
    }
    attention.prepare();
    List<LayerWeights> layers = weights.layers();
    for (int i = 0; i < layers.size(); i++) {
      LayerWeights layer = layers.get(i);
      rows.norm(layer.operatorNorm(), block.tokens);
      switch (layer.mixer()) {
        case LayerWeights.Convolution c -> convolution.run(c, batch, cache.states(i));
        case LayerWeights.Attention a -> attention.run(a, batch, cache.keyValues(i));
      }
      switch (layer.feedForward()) {
        case LayerWeights.Dense d -> {
          rows.norm(layer.ffnNorm(), block.tokens);
          dense.run(d);
        }
        case LayerWeights.Experts e -> experts.orElseThrow().run(e, layer.ffnNorm());
      }
    }
  }

  /** Computes the wanted logits of the block and returns for how many rows. */
  private int logits(Batch batch, int firstRow, int written, float[] out) {
    int hidden = config.hiddenSize();
    int count = 0;
    // The residual stream is done with: the wanted rows move to its front.
    for (int i = written; i < batch.logitCount(); i++) {
      int row = batch.logitRow(i) - firstRow;
      if (row >= block.tokens) {
        break;
      }
      System.arraycopy(block.hidden, row * hidden, block.hidden, count * hidden, hidden);
      count++;
    }
    if (count > 0) {
      rows.norm(weights.norm(), count);
      int vocab = config.vocabSize();
      linear.run(weights.head(), count, out, written * vocab, vocab, false);
    }
    return count;
  }

  @Override
  public void copyPage(int from, int to) {
    cache.copyPage(from, to);
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

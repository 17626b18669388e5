package org.lfm4j.cpu;

import static org.lfm4j.cpu.ReferenceMath.add;
import static org.lfm4j.cpu.ReferenceMath.linear;
import static org.lfm4j.cpu.ReferenceMath.rmsNorm;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.BatchCheck;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;
import org.lfm4j.tensor.Tensor;

/**
 * LFM2 as plainly as it can be written, the measure of every faster runner. Weights are converted
 * to FP32 where they are used, activations and sums are FP32: where transformers runs a BF16 model
 * it rounds every intermediate result to BF16, here nothing is. A token's result doesn't depend on
 * the chunk it came in, to the bit.
 *
 * <p>In comments T is the number of tokens in a chunk, H the hidden size, L the convolution length,
 * D the width of a head.
 */
public final class ReferenceRunner implements Runner {
  private final Checkpoint weights;
  private final ModelConfig config;
  private final List<ReferencePage> pages = new ArrayList<>();
  private final ReferenceConvolution convolution;
  private final ReferenceAttention attention;
  private final ReferenceFeedForward feedForward;

  /**
   * Runs a checkpoint.
   *
   * @param weights stays the caller's: it must be open while this runs and isn't closed here
   */
  public ReferenceRunner(Checkpoint weights) {
    this.weights = weights;
    this.config = weights.config();
    this.convolution = new ReferenceConvolution(weights);
    this.attention = new ReferenceAttention(weights);
    this.feedForward = new ReferenceFeedForward(weights);
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public CacheSpec cacheSpec() {
    long attention = config.layers().stream().filter(kind -> kind == LayerKind.ATTENTION).count();
    long convolution = config.layers().size() - attention;
    int keyValues = 2 * config.numKvHeads() * config.headDim();
    return new CacheSpec(
        ReferencePage.TOKENS,
        attention * ReferencePage.TOKENS * keyValues * Float.BYTES,
        convolution * (config.convLength() - 1) * config.hiddenSize() * Float.BYTES);
  }

  /** Activations come and go with each step here. */
  @Override
  public long workspaceBytes(int maxRows, int maxLogitRows) {
    return 0;
  }

  @Override
  public void allocate(int count, int maxRows, int maxLogitRows) {
    pages.clear();
    for (int i = 0; i < count; i++) {
      pages.add(new ReferencePage(config));
    }
  }

  @Override
  public void step(Batch batch, StepResult result) {
    BatchCheck.check(batch, config.vocabSize(), pages.size(), ReferencePage.TOKENS);
    int[] logitCursor = new int[1];
    for (int s = 0; s < batch.sequences(); s++) {
      int row = batch.firstRow(s);
      int end = batch.firstRow(s + 1);
      int position = batch.start(s);
      // A page keeps the state after its last token, so chunks end where pages do.
      while (row < end) {
        int rows = Math.min(end - row, ReferencePage.TOKENS - position % ReferencePage.TOKENS);
        chunk(batch, s, row, rows, position, result, logitCursor);
        row += rows;
        position += rows;
      }
    }
  }

  private void chunk(
      Batch batch,
      int sequence,
      int row,
      int rows,
      int position,
      StepResult result,
      int[] logitCursor) {
    float[][] h = embed(batch, row, rows);
    for (int i = 0; i < config.layers().size(); i++) {
      String layer = "model.layers.%d.".formatted(i);
      float[][] a = norm(h, layer + "operator_norm.weight");
      addAll(h, mix(i, layer, a, batch, sequence, position));
      addAll(h, feedForward(i, layer, norm(h, layer + "ffn_norm.weight")));
    }
    for (; logitCursor[0] < batch.logitCount(); logitCursor[0]++) {
      int wanted = batch.logitRow(logitCursor[0]);
      if (wanted >= row + rows) {
        return;
      }
      float[][] last = norm(new float[][] {h[wanted - row]}, ExpectedTensors.FINAL_NORM);
      float[] logits = linear(outputHead(), last)[0];
      System.arraycopy(
          logits, 0, result.logits(), logitCursor[0] * config.vocabSize(), config.vocabSize());
    }
  }

  /** Nothing is added to or scaled in the embedding, and no norm follows it. */
  private float[][] embed(Batch batch, int row, int rows) {
    Tensor embedding = weights.tensor(ExpectedTensors.EMBEDDING);
    float[][] h = new float[rows][];
    for (int t = 0; t < rows; t++) {
      h[t] = embedding.row(batch.token(row + t));
    }
    return h;
  }

  private float[][] mix(int i, String layer, float[][] a, Batch batch, int sequence, int position) {
    return config.layers().get(i) == LayerKind.CONV
        ? convolve(i, layer + "conv.", a, batch, sequence, position)
        : attend(i, layer + "self_attn.", a, batch, sequence, position);
  }

  private float[][] convolve(
      int i, String prefix, float[][] a, Batch batch, int sequence, int position) {
    float[][] columns = page(batch, sequence, position).columns(i);
    float[][] before =
        position == 0
            ? ReferencePage.zeroColumns(config, i)
            : page(batch, sequence, position - 1).columns(i);
    for (int k = 0; k < columns.length; k++) {
      System.arraycopy(before[k], 0, columns[k], 0, columns[k].length);
    }
    return convolution.apply(prefix, a, columns);
  }

  private float[][] attend(
      int i, String prefix, float[][] a, Batch batch, int sequence, int position) {
    List<float[]> keys = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    for (int p = 0; p < position; p += ReferencePage.TOKENS) {
      int tokens = Math.min(ReferencePage.TOKENS, position - p);
      page(batch, sequence, p).appendTo(i, tokens, keys, values);
    }
    float[][] mixed = attention.apply(prefix, a, keys, values);
    ReferencePage page = page(batch, sequence, position);
    for (int t = position; t < position + a.length; t++) {
      page.store(i, t, keys.get(t), values.get(t));
    }
    return mixed;
  }

  private ReferencePage page(Batch batch, int sequence, int position) {
    return pages.get(batch.page(sequence, position / ReferencePage.TOKENS));
  }

  private float[][] feedForward(int i, String layer, float[][] x) {
    return config.isMoeLayer(i)
        ? feedForward.sparse(layer + "feed_forward.", config.moe().orElseThrow(), x)
        : feedForward.dense(layer + "feed_forward.", x);
  }

  private float[][] norm(float[][] h, String name) {
    return rmsNorm(h, weights.tensor(name), config.normEps());
  }

  private Tensor outputHead() {
    return weights.tensor(
        weights.has(ExpectedTensors.LM_HEAD) ? ExpectedTensors.LM_HEAD : ExpectedTensors.EMBEDDING);
  }

  private static void addAll(float[][] h, float[][] delta) {
    for (int t = 0; t < h.length; t++) {
      add(h[t], delta[t]);
    }
  }

  @Override
  public void copyPage(int from, int to) {
    pages.get(to).copyFrom(pages.get(from));
  }

  @Override
  public void close() {}
}

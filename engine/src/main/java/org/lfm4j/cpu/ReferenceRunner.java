package org.lfm4j.cpu;

import static org.lfm4j.cpu.ReferenceMath.add;
import static org.lfm4j.cpu.ReferenceMath.linear;
import static org.lfm4j.cpu.ReferenceMath.rmsNorm;

import java.util.Arrays;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SequenceState;
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
  public SequenceState open(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity must be at least 1, got " + capacity);
    }
    return new ReferenceState(this, config, capacity);
  }

  @Override
  public void forward(SequenceState sequence, int[] tokens, int from, int to, float[] logits) {
    ReferenceState state = check(sequence, tokens, from, to, logits);
    float[][] h = embed(tokens, from, to);
    for (int i = 0; i < config.layers().size(); i++) {
      String layer = "model.layers.%d.".formatted(i);
      addAll(h, mix(i, layer, norm(h, layer + "operator_norm.weight"), state));
      addAll(h, feedForward(i, layer, norm(h, layer + "ffn_norm.weight")));
    }
    state.advance(to - from);
    if (logits.length > 0) {
      computeLogits(h, logits);
    }
  }

  private void computeLogits(float[][] h, float[] logits) {
    int rows = logits.length / config.vocabSize();
    float[][] last = Arrays.copyOfRange(h, h.length - rows, h.length);
    float[][] result = linear(outputHead(), norm(last, ExpectedTensors.FINAL_NORM));
    for (int n = 0; n < rows; n++) {
      System.arraycopy(result[n], 0, logits, n * config.vocabSize(), config.vocabSize());
    }
  }

  /** Nothing is added to or scaled in the embedding, and no norm follows it. */
  private float[][] embed(int[] tokens, int from, int to) {
    Tensor embedding = weights.tensor(ExpectedTensors.EMBEDDING);
    float[][] h = new float[to - from][];
    for (int t = 0; t < h.length; t++) {
      h[t] = embedding.row(tokens[from + t]);
    }
    return h;
  }

  private float[][] mix(int i, String layer, float[][] a, ReferenceState state) {
    return config.layers().get(i) == LayerKind.CONV
        ? convolution.apply(layer + "conv.", a, state.columns(i))
        : attention.apply(layer + "self_attn.", a, state.keys(i), state.values(i));
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

  private ReferenceState check(
      SequenceState sequence, int[] tokens, int from, int to, float[] logits) {
    if (!(sequence instanceof ReferenceState state) || !state.belongsTo(this)) {
      throw new IllegalArgumentException("the sequence was opened by another runner");
    }
    if (state.isClosed()) {
      throw new IllegalArgumentException("the sequence is closed");
    }
    if (from < 0 || to < from || to > tokens.length) {
      throw new IllegalArgumentException(
          "token range must lie in [0, %d], got [%d, %d)".formatted(tokens.length, from, to));
    }
    if (to - from > sequence.capacity() - sequence.length()) {
      throw new IllegalArgumentException(
          "sequence holds %d of %d tokens, %d more don't fit; open it with more capacity"
              .formatted(sequence.length(), sequence.capacity(), to - from));
    }
    for (int i = from; i < to; i++) {
      if (tokens[i] < 0 || tokens[i] >= config.vocabSize()) {
        throw new IllegalArgumentException(
            "token %d at index %d is not in [0, %d)".formatted(tokens[i], i, config.vocabSize()));
      }
    }
    if (logits.length % config.vocabSize() != 0 || logits.length / config.vocabSize() > to - from) {
      throw new IllegalArgumentException(
          "logits must hold 0 to %d rows of %d, got length %d"
              .formatted(to - from, config.vocabSize(), logits.length));
    }
    return state;
  }

  @Override
  public void close() {}
}

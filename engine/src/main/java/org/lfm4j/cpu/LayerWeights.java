package org.lfm4j.cpu;

import java.util.stream.Stream;

/**
 * Weights of one layer.
 *
 * @param operatorNorm norm before the mixer
 * @param mixer convolution or attention
 * @param ffnNorm norm before the feed-forward
 * @param feedForward dense or routed
 */
record LayerWeights(float[] operatorNorm, Mixer mixer, float[] ffnNorm, FeedForward feedForward) {

  /** Returns all matrices of the layer. */
  Stream<WeightMatrix> matrices() {
    Stream<WeightMatrix> mixing =
        switch (mixer) {
          case Convolution c -> Stream.of(c.in(), c.out()).flatMap(Stream::of);
          case Attention a -> Stream.of(a.qkv(), a.out()).flatMap(Stream::of);
        };
    Stream<WeightMatrix> feeding =
        switch (feedForward) {
          case Dense d -> Stream.concat(Stream.of(d.gate(), d.up()), Stream.of(d.down()));
          case Experts e -> Stream.of(e.gate(), e.up(), e.down()).flatMap(Stream::of);
        };
    return Stream.concat(mixing, feeding);
  }

  /** What mixes tokens. */
  sealed interface Mixer {}

  /**
   * Gated short convolution. Where the model has no biases, those of the projections are empty and
   * that of the convolution is zeros.
   *
   * @param in projection to [B | C | x], one matrix of 3 x hidden rows
   * @param inBias [3 x hidden]
   * @param taps [length, hidden], the last one for the current token
   * @param bias [hidden]
   * @param out projection back
   * @param outBias [hidden]
   */
  record Convolution(
      WeightMatrix[] in,
      float[] inBias,
      float[] taps,
      float[] bias,
      WeightMatrix[] out,
      float[] outBias)
      implements Mixer {}

  /**
   * Grouped-query attention.
   *
   * @param qkv query, key and value projections
   * @param queryNorm [dim], shared by the query heads
   * @param keyNorm [dim], shared by the key heads
   * @param out projection back
   */
  record Attention(WeightMatrix[] qkv, float[] queryNorm, float[] keyNorm, WeightMatrix[] out)
      implements Mixer {}

  /** What follows the mixer. */
  sealed interface FeedForward {}

  /**
   * SwiGLU feed-forward.
   *
   * @param gate w1
   * @param up w3
   * @param down w2
   */
  record Dense(WeightMatrix gate, WeightMatrix up, WeightMatrix[] down) implements FeedForward {}

  /**
   * Mixture of SwiGLU experts.
   *
   * @param router chooses experts
   * @param gate w1 of each expert
   * @param up w3 of each expert
   * @param down w2 of each expert
   */
  record Experts(Router router, WeightMatrix[] gate, WeightMatrix[] up, WeightMatrix[] down)
      implements FeedForward {}
}

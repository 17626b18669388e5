package org.lfm4j.cuda;

/**
 * Device addresses of the weights of one layer, row-major BF16 but for the experts' biases. H is
 * hidden, F the dense width, E experts, M an expert's width.
 *
 * @param operatorNorm norm before the mixer [H]
 * @param mixer convolution or attention
 * @param ffnNorm norm before the feed-forward [H]
 * @param feedForward dense or routed
 */
record LayerAddresses(long operatorNorm, Mixer mixer, long ffnNorm, FeedForward feedForward) {

  /** What mixes tokens. */
  sealed interface Mixer {}

  /**
   * Gated short convolution without biases.
   *
   * @param in projection to [B | C | x]: [3H, H]
   * @param taps [H, 3], the last one for the current token
   * @param out projection back: [H, H]
   */
  record Convolution(long in, long taps, long out) implements Mixer {}

  /**
   * Grouped-query attention with heads of 64.
   *
   * @param qkv rows of the query heads, then the key heads, then the value heads: [.., H]
   * @param queryNorm [64]
   * @param keyNorm [64]
   * @param out projection back: [H, query heads x 64]
   */
  record Attention(long qkv, long queryNorm, long keyNorm, long out) implements Mixer {}

  /** What follows the mixer. */
  sealed interface FeedForward {}

  /**
   * SwiGLU feed-forward.
   *
   * @param w13 all rows of w1, then all of w3: [2F, H]
   * @param w2 [H, F]
   */
  record Dense(long w13, long w2) implements FeedForward {}

  /**
   * Mixture of SwiGLU experts.
   *
   * @param gate router [E, H]
   * @param bias added for choosing, FP32 [E]; zeros where the model has none
   * @param w13 w1 of all experts, then w3 of all experts: [2][E][M][H]
   * @param w2 [E][H][M]
   */
  record Experts(long gate, long bias, long w13, long w2) implements FeedForward {}
}

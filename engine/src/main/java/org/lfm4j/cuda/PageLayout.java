package org.lfm4j.cuda;

import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.CacheSpec;

/**
 * What lies where in a cache page on the device, everything BF16. First, for each attention layer,
 * the keys of all heads and then the values, a head being [64 tokens, 64 dims]; then, for each
 * convolution layer, its state [2, hidden], the older column first.
 *
 * @param config the model
 */
record PageLayout(ModelConfig config) {
  /** Tokens in a page. */
  static final int TOKENS = 64;

  /** Width of every head of every published model, and of the attention kernels. */
  static final int HEAD_DIM = 64;

  private static final long HEAD_BYTES = 2L * TOKENS * HEAD_DIM;

  CacheSpec spec() {
    return new CacheSpec(TOKENS, attentionLayers() * layerBytes(), convolutions() * stateBytes());
  }

  long pageBytes() {
    return spec().pageBytes();
  }

  /** Returns where the keys and values of an attention layer begin, by its index in the model. */
  long keyValueOffset(int layer) {
    return countBefore(layer, LayerKind.ATTENTION) * layerBytes();
  }

  /** Returns where the states of the convolution layers begin. */
  long statesOffset() {
    return attentionLayers() * layerBytes();
  }

  /** Returns where the state of a convolution layer begins, by its index in the model. */
  long stateOffset(int layer) {
    return statesOffset() + countBefore(layer, LayerKind.CONV) * stateBytes();
  }

  private long layerBytes() {
    return 2L * config.numKvHeads() * HEAD_BYTES;
  }

  private long stateBytes() {
    return 2L * Short.BYTES * config.hiddenSize();
  }

  private long attentionLayers() {
    return countBefore(config.layers().size(), LayerKind.ATTENTION);
  }

  private long convolutions() {
    return config.layers().size() - attentionLayers();
  }

  private long countBefore(int layer, LayerKind kind) {
    return config.layers().subList(0, layer).stream().filter(k -> k == kind).count();
  }
}

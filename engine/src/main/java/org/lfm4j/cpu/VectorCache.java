package org.lfm4j.cpu;

import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.CacheSpec;

/** All cache pages of a runner: keys and values of attention layers, state of convolutions. */
final class VectorCache {
  private final int pages;
  private final float[][][] keyValues;
  private final float[][][] states;

  /** Takes the memory of all pages. */
  VectorCache(ModelConfig config, int pages) {
    this.pages = pages;
    int layers = config.layers().size();
    int pageSize = HeadShape.of(config).pageSize();
    int stateSize = (config.convLength() - 1) * config.hiddenSize();
    keyValues = new float[layers][][];
    states = new float[layers][][];
    for (int i = 0; i < layers; i++) {
      boolean attention = config.layers().get(i) == LayerKind.ATTENTION;
      keyValues[i] = attention ? new float[pages][pageSize] : new float[0][];
      // One more than there are pages: the zero state of sequences that begin.
      states[i] = attention ? new float[0][] : new float[pages + 1][stateSize];
    }
  }

  static CacheSpec spec(ModelConfig config) {
    long attention = config.layers().stream().filter(k -> k == LayerKind.ATTENTION).count();
    long convolution = config.layers().size() - attention;
    long stateSize = (long) (config.convLength() - 1) * config.hiddenSize();
    return new CacheSpec(
        HeadShape.PAGE,
        attention * HeadShape.of(config).pageSize() * Float.BYTES,
        convolution * stateSize * Float.BYTES);
  }

  int pages() {
    return pages;
  }

  /** Keys and values of an attention layer, by page. */
  float[][] keyValues(int layer) {
    return keyValues[layer];
  }

  /** State of a convolution layer, by page, and the zero state last. */
  float[][] states(int layer) {
    return states[layer];
  }

  void copyPage(int from, int to) {
    for (int i = 0; i < keyValues.length; i++) {
      for (float[][] layer : new float[][][] {keyValues[i], states[i]}) {
        if (layer.length > 0) {
          System.arraycopy(layer[from], 0, layer[to], 0, layer[from].length);
        }
      }
    }
  }
}

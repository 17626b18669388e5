package org.lfm4j.cpu;

import java.util.Arrays;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.CacheSpec;

/**
 * All cache pages of a runner: keys and values of attention layers, state of convolutions.
 *
 * <p>A page's memory is taken when its first token comes: clearing half a gigabyte before the first
 * request would be the longest part of a start.
 */
final class VectorCache {
  private static final float[] NOT_TAKEN = {};

  private final int pages;
  private final int pageSize;
  private final int stateSize;
  private final boolean[] taken;
  private final float[][][] keyValues;
  private final float[][][] states;

  /** A cache of so many pages, none of them taken. */
  VectorCache(ModelConfig config, int pages) {
    this.pages = pages;
    taken = new boolean[pages];
    int layers = config.layers().size();
    pageSize = HeadShape.of(config).pageSize();
    stateSize = (config.convLength() - 1) * config.hiddenSize();
    keyValues = new float[layers][][];
    states = new float[layers][][];
    for (int i = 0; i < layers; i++) {
      boolean attention = config.layers().get(i) == LayerKind.ATTENTION;
      keyValues[i] = notTaken(attention ? pages : 0);
      // One more than there are pages: the zero state of sequences that begin.
      states[i] = notTaken(attention ? 0 : pages + 1);
      take(states[i], pages, stateSize);
    }
  }

  private static float[][] notTaken(int pages) {
    float[][] layer = new float[pages][];
    Arrays.fill(layer, NOT_TAKEN);
    return layer;
  }

  /** Takes a page's memory, unless it has been: call it before a step that writes the page. */
  void take(int page) {
    if (taken[page]) {
      return;
    }
    for (int i = 0; i < keyValues.length; i++) {
      take(keyValues[i], page, pageSize);
      take(states[i], page, stateSize);
    }
    // Last: without memory the step fails, and the next one to need the page tries again.
    taken[page] = true;
  }

  private static void take(float[][] layer, int page, int size) {
    if (layer.length > 0) {
      layer[page] = new float[size];
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
    take(from);
    take(to);
    for (int i = 0; i < keyValues.length; i++) {
      for (float[][] layer : new float[][][] {keyValues[i], states[i]}) {
        if (layer.length > 0) {
          System.arraycopy(layer[from], 0, layer[to], 0, layer[from].length);
        }
      }
    }
  }
}

package org.lfm4j.cpu;

import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.SequenceState;

/** Keys, values and convolution state of one sequence; pages of memory are taken as it grows. */
final class VectorSequence implements SequenceState {
  private final PagePool pool;
  private final int capacity;
  private final float[][][] pages;
  private final float[][] convolutions;
  private int pageCount;
  private int length;
  private boolean closed;

  VectorSequence(PagePool pool, ModelConfig config, int capacity) {
    this.pool = pool;
    this.capacity = capacity;
    int layers = config.layers().size();
    int most = (int) (((long) capacity + HeadShape.PAGE - 1) / HeadShape.PAGE);
    pages = new float[layers][][];
    convolutions = new float[layers][];
    for (int i = 0; i < layers; i++) {
      boolean attention = config.layers().get(i) == LayerKind.ATTENTION;
      pages[i] = new float[attention ? most : 0][];
      convolutions[i] = new float[attention ? 0 : (config.convLength() - 1) * config.hiddenSize()];
    }
  }

  /** Makes room for keys and values up to {@code newLength}. */
  void reserve(int newLength) {
    for (; pageCount * HeadShape.PAGE < newLength; pageCount++) {
      for (float[][] layer : pages) {
        if (layer.length > 0) {
          layer[pageCount] = pool.take();
        }
      }
    }
  }

  /** Pages of an attention layer. */
  float[][] pages(int layer) {
    return pages[layer];
  }

  /** State of a convolution layer [length - 1, hidden], oldest first. */
  float[] convolution(int layer) {
    return convolutions[layer];
  }

  void advance(int tokens) {
    length += tokens;
  }

  boolean isOf(PagePool other) {
    return pool == other && !closed;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      for (float[][] layer : pages) {
        for (int i = 0; i < Math.min(pageCount, layer.length); i++) {
          pool.giveBack(layer[i]);
        }
      }
    }
  }
}

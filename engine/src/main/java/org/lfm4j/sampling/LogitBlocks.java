package org.lfm4j.sampling;

import java.util.Arrays;

/**
 * The largest logit of every block of a row, found in one pass. Later passes skip blocks in which
 * nothing is large enough, which with the usual settings are nearly all.
 */
final class LogitBlocks {
  static final int BLOCK = 256;

  private final int vocabSize;
  private final float[] largest;
  private final NativeMaxima maxima;

  LogitBlocks(int vocabSize) {
    this.vocabSize = vocabSize;
    this.largest = new float[Math.ceilDiv(vocabSize, BLOCK)];
    this.maxima = new NativeMaxima(largest, BLOCK);
  }

  int count() {
    return largest.length;
  }

  float largest(int block) {
    return largest[block];
  }

  int start(int block) {
    return block * BLOCK;
  }

  int end(int block) {
    return Math.min(start(block) + BLOCK, vocabSize);
  }

  /** Reads a row; returns its largest logit, or NaN if any logit is NaN. */
  float scan(float[] logits, int offset) {
    if (NativeMaxima.AVAILABLE) {
      maxima.scan(logits, offset, vocabSize);
    } else {
      for (int block = 0; block < largest.length; block++) {
        largest[block] = largest(logits, offset + start(block), offset + end(block));
      }
    }
    return largest(largest, 0, largest.length);
  }

  private static float largest(float[] values, int from, int to) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      max = Math.max(max, values[i]);
    }
    return max;
  }

  /** Returns the lowest id whose logit is the given largest one. */
  int idOf(float max, float[] logits, int offset) {
    int block = 0;
    while (largest[block] != max) {
      block++;
    }
    int id = start(block);
    while (logits[offset + id] != max) {
      id++;
    }
    return id;
  }

  /**
   * Returns the k-th largest logit, or the floor if fewer exceed it.
   *
   * @param heap room for k values, which become the k largest above the floor, smallest first
   */
  float kthLargest(float[] logits, int offset, float[] heap, float floor) {
    Arrays.fill(heap, floor);
    for (float logit : largest) {
      offer(heap, logit);
    }
    // The k-th largest logit is no smaller than the k-th largest of the blocks' largest.
    Arrays.fill(heap, heap[0]);
    for (int block = 0; block < largest.length; block++) {
      if (largest[block] > heap[0]) {
        for (int i = offset + start(block); i < offset + end(block); i++) {
          offer(heap, logits[i]);
        }
      }
    }
    return heap[0];
  }

  private static void offer(float[] heap, float value) {
    if (value > heap[0]) {
      replaceSmallest(heap, value);
    }
  }

  private static void replaceSmallest(float[] heap, float value) {
    int parent = 0;
    for (int child = 1; child < heap.length; child = 2 * parent + 1) {
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
        child++;
      }
      if (value <= heap[child]) {
        break;
      }
      heap[parent] = heap[child];
      parent = child;
    }
    heap[parent] = value;
  }
}

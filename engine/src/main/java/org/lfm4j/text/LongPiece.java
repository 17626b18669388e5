package org.lfm4j.text;

import java.util.Arrays;

/**
 * BPE of one long piece: symbols in a linked list, candidate pairs in a binary heap of {@code rank
 * << 32 | position}. A candidate is stale when its position's rank has changed since. Time is O(n
 * log n), so that a megabyte without a blank is no attack.
 */
final class LongPiece {
  private static final int END = -1;

  private final MergeTable merges;
  private final int[] symbols;
  private final int[] next;
  private final int[] previous;
  private final int[] ranks;
  private long[] heap;
  private int heapSize;

  LongPiece(MergeTable merges, int[] symbols) {
    this.merges = merges;
    this.symbols = symbols;
    int n = symbols.length;
    next = new int[n];
    previous = new int[n];
    ranks = new int[n];
    heap = new long[n];
    Arrays.setAll(next, i -> i + 1 < n ? i + 1 : END);
    Arrays.setAll(previous, i -> i - 1);
  }

  void merge(IntList ids) {
    int n = symbols.length;
    for (int i = 0; i < n; i++) {
      ranks[i] = i + 1 < n ? merges.rank(symbols[i], symbols[i + 1]) : MergeTable.NONE;
      if (ranks[i] != MergeTable.NONE) {
        heap[heapSize++] = (long) ranks[i] << 32 | i;
      }
    }
    for (int i = heapSize / 2 - 1; i >= 0; i--) {
      siftDown(i);
    }
    while (heapSize > 0) {
      long candidate = heap[0];
      heap[0] = heap[--heapSize];
      siftDown(0);
      int at = (int) candidate;
      if (ranks[at] == candidate >>> 32) {
        mergeAt(at);
      }
    }
    for (int i = 0; i != END; i = next[i]) {
      ids.add(symbols[i]);
    }
  }

  private void mergeAt(int at) {
    int gone = next[at];
    symbols[at] = merges.merged(symbols[at], symbols[gone]);
    next[at] = next[gone];
    ranks[gone] = MergeTable.NONE;
    if (next[at] != END) {
      previous[next[at]] = at;
    }
    rankPair(at);
    if (previous[at] != END) {
      rankPair(previous[at]);
    }
  }

  private void rankPair(int at) {
    int right = next[at];
    ranks[at] = right == END ? MergeTable.NONE : merges.rank(symbols[at], symbols[right]);
    if (ranks[at] != MergeTable.NONE) {
      push((long) ranks[at] << 32 | at);
    }
  }

  private void push(long candidate) {
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, heap.length * 2);
    }
    int i = heapSize++;
    while (i > 0 && heap[(i - 1) / 2] > candidate) {
      heap[i] = heap[(i - 1) / 2];
      i = (i - 1) / 2;
    }
    heap[i] = candidate;
  }

  private void siftDown(int start) {
    long moved = heap[start];
    int i = start;
    for (int child = 2 * i + 1; child < heapSize; child = 2 * i + 1) {
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= moved) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = moved;
  }
}

package org.lfm4j.hub;

import java.util.BitSet;
import java.util.Optional;

/** Which blocks of a file are there and which are on their way. Thread-safe. */
final class BlockMap {
  /** Blocks in a row, {@code end} not included. */
  record Run(int start, int end) {
    int count() {
      return end - start;
    }
  }

  private final int count;
  private final BitSet done = new BitSet();
  private final BitSet taken = new BitSet();

  BlockMap(int count) {
    this.count = count;
  }

  int count() {
    return count;
  }

  synchronized boolean isDone(int block) {
    return done.get(block);
  }

  synchronized boolean complete() {
    return done.cardinality() == count;
  }

  synchronized int missing() {
    return count - done.cardinality();
  }

  /** Returns false if the block was there already. */
  synchronized boolean markDone(int block) {
    boolean news = !done.get(block);
    done.set(block);
    return news;
  }

  synchronized void forget() {
    done.clear();
    taken.clear();
  }

  /** Takes the first missing blocks that nobody else has taken. */
  synchronized Optional<Run> take(int most) {
    int start = nextFree(0);
    if (start == count) {
      return Optional.empty();
    }
    int end = start;
    while (end < count && end - start < most && !done.get(end) && !taken.get(end)) {
      end++;
    }
    taken.set(start, end);
    return Optional.of(new Run(start, end));
  }

  private int nextFree(int from) {
    int block = from;
    while (block < count && (done.get(block) || taken.get(block))) {
      block++;
    }
    return block;
  }

  /** Ends a {@link #take}; what isn't done is free again. */
  synchronized void giveBack(Run run) {
    taken.clear(run.start(), run.end());
  }
}

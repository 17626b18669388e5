package org.lfm4j.cuda;

import java.util.SortedMap;
import java.util.TreeMap;
import org.lfm4j.cuda.driver.Graph;
import org.lfm4j.cuda.driver.Stream;

/**
 * Decode steps as recorded graphs, which one call replays. A graph serves all steps up to its size;
 * sizes are close enough that little is computed for nothing. Recorded when first needed.
 */
final class StepGraphs implements AutoCloseable {
  private final Stream stream;
  private final ForwardPass forward;
  private final int most;
  private final SortedMap<Integer, Graph> graphs = new TreeMap<>();

  StepGraphs(Stream stream, ForwardPass forward, int most) {
    this.stream = stream;
    this.forward = forward;
    this.most = most;
  }

  /** Enqueues a step of this many sequences with one row each. */
  void launch(int sequences) {
    int size = Math.min(most, sizeFor(sequences));
    graphs.computeIfAbsent(size, this::record).launch(stream);
  }

  private Graph record(int size) {
    return stream.capture(() -> forward.launch(stream, StepSize.decode(size)));
  }

  /** 1, 2, 4, 8, then multiples of 8, and from 128 on of 32. */
  static int sizeFor(int sequences) {
    if (sequences <= 8) {
      return Math.max(1, Integer.highestOneBit(2 * sequences - 1));
    }
    int step = sequences <= 128 ? 8 : 32;
    return Math.ceilDiv(sequences, step) * step;
  }

  @Override
  public void close() {
    graphs.values().forEach(Graph::close);
  }
}

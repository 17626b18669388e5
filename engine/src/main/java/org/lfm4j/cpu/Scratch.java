package org.lfm4j.cpu;

import org.jspecify.annotations.Nullable;

/** Memory of one worker thread, used within one item of work only. */
final class Scratch {
  /** Widened weights of a {@link Gemm} panel. */
  final float[] panel = new float[Gemm.PANEL_FLOATS];

  /** Made when it is asked for: kernels in C don't, and a process may be without the Vector API. */
  private @Nullable QuantPanel quantPanel;

  /** Quantised activations of a block, widened. */
  final float[] values = new float[256];

  /** Sums of a {@link Gemm} panel against every row, or of a {@link Gemv}. */
  final float[] accumulators;

  /** Outputs of a {@link Gemm}, collected. */
  final float[] sums;

  /** Normed rows of the residual stream, as many as are packed at once. */
  final float[] rows;

  /** Where the rows of a group begin. */
  final int[] at = new int[Activations.GROUP];

  /** Attention of a tile of queries. */
  final AttentionTile attention;

  Scratch(int mostRows, int hidden, AttentionTile attention) {
    // Constants of Gemm only, which can't be loaded without the Vector API.
    int even = mostRows + mostRows % 2;
    accumulators = new float[even / 2 * LaneSums.VECTORS * Simd.LANES];
    sums = new float[even * Gemm.LINE_ROWS];
    rows = new float[Activations.GROUP * hidden];
    this.attention = attention;
  }

  /** Returns a widened block of quantised weights, elements in {@link #panel}. */
  QuantPanel quantPanel() {
    if (quantPanel == null) {
      quantPanel = new QuantPanel(panel);
    }
    return quantPanel;
  }

  /** Returns the size of all this memory. */
  long floats() {
    return (long) panel.length
        + values.length
        + accumulators.length
        + sums.length
        + rows.length
        + at.length
        + attention.floats();
  }

  /** Makes one for each worker. */
  static Scratch[] forWorkers(int workers, int mostRows, int hidden, HeadShape heads) {
    Scratch[] all = new Scratch[workers];
    for (int i = 0; i < workers; i++) {
      all[i] = new Scratch(mostRows, hidden, new AttentionTile(heads));
    }
    return all;
  }
}

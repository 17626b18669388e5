package org.lfm4j.cpu;

/** Memory of one worker thread, used within one item of work only. */
final class Scratch {
  /** Widened weights of a {@link Gemm} panel. */
  final float[] panel = new float[Gemm.PANEL_FLOATS];

  /** A widened block of quantised weights, elements in {@link #panel}. */
  final QuantPanel quantPanel = new QuantPanel(panel);

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
    accumulators = new float[Gemm.accumulators(mostRows)];
    sums = new float[Gemm.sums(mostRows)];
    rows = new float[Activations.GROUP * hidden];
    this.attention = attention;
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

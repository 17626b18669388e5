package org.lfm4j.cpu;

/**
 * Activations that matrices multiply next, in each form that some matrix of the model wants: floats
 * as {@link PackedRows} says, and eight bits as {@link QuantRows} does.
 */
final class Activations {
  private static final QuantRows NONE = new QuantRows(0);

  /** Empty where no matrix has floats. */
  final float[] floats;

  /** Empty where no matrix is quantised. */
  final QuantRows quants;

  /**
   * Which forms there are.
   *
   * @param floats for matrices of floats
   * @param quants for quantised ones
   */
  record Forms(boolean floats, boolean quants) {}

  private final Forms forms;

  /** Takes memory for rows with {@code elements} padded columns in all. */
  Activations(Forms forms, int elements) {
    this.forms = forms;
    floats = new float[forms.floats() ? elements : 0];
    quants = forms.quants() ? new QuantRows(elements) : NONE;
  }

  /** Returns the size of all this memory in bytes. */
  long bytes() {
    return (long) floats.length * Float.BYTES + quants.bytes();
  }

  /**
   * Packs columns [from, to) of one row.
   *
   * @param source holds column {@code from} at {@code sourceAt}
   * @param from multiple of {@link Simd#STEP} and of 32
   * @param to the same, or {@code columns}
   * @param columns row length
   * @param firstRow where rows that belong together begin, in rows
   * @param row which of them this is
   * @param rows how many of them there are
   */
  void pack(
      float[] source,
      int sourceAt,
      int from,
      int to,
      int columns,
      int firstRow,
      int row,
      int rows) {
    if (forms.floats()) {
      int at = firstRow * Simd.pad(columns);
      PackedRows.pack(source, sourceAt, from, to, columns, floats, at, row, rows);
    }
    // Other columns than these belong to matrices of floats.
    if (forms.quants() && columns % QuantRows.GROUP == 0) {
      quants.pack(source, sourceAt, from, to, columns, firstRow + row);
    }
  }
}

package org.lfm4j.cpu;

import org.lfm4j.tensor.DType;

/**
 * Activations that matrices multiply next, in each form that some matrix of the model wants: floats
 * as {@link PackedRows} says, parts of floats as {@link SplitRows} does, and eight bits as {@link
 * QuantRows} does, with a scale for as many as the matrix has in a block.
 */
final class Activations {
  /** Rows that are packed at once. */
  static final int GROUP = SplitRows.HALF;

  private static final QuantRows NO_QUANTS = new QuantRows(0, QuantRows.GROUP);
  private static final SplitRows NO_SPLITS = new SplitRows(0);

  /** Empty where no matrix of floats wants them whole. */
  final float[] floats;

  /** Empty where no matrix is multiplied by {@link AmxKernels}. */
  final SplitRows splits;

  /** Empty where no quantised matrix has blocks of 32. */
  final QuantRows groups;

  /** Empty where no quantised matrix has blocks of 256. */
  final QuantRows blocks;

  /**
   * Which forms there are.
   *
   * @param floats for matrices of floats
   * @param splits for those of them that {@link AmxKernels} multiply
   * @param groups for quantised ones with blocks of 32
   * @param blocks for those with blocks of 256
   */
  record Forms(boolean floats, boolean splits, boolean groups, boolean blocks) {}

  private final Forms forms;

  /**
   * Returns how many rows of memory {@code rows} rows that belong together take: one, or whole
   * groups of {@link SplitRows}.
   */
  static int padded(int rows) {
    return rows == 1 ? 1 : (rows + SplitRows.GROUP - 1) / SplitRows.GROUP * SplitRows.GROUP;
  }

  /** Takes memory for rows with {@code elements} padded columns in all. */
  Activations(Forms forms, int elements) {
    this.forms = forms;
    floats = new float[forms.floats() ? elements : 0];
    splits = forms.splits() ? new SplitRows(elements) : NO_SPLITS;
    groups = forms.groups() ? new QuantRows(elements, QuantRows.GROUP) : NO_QUANTS;
    blocks = forms.blocks() ? new QuantRows(elements, QuantRows.BLOCK) : NO_QUANTS;
  }

  /** Returns the size of all this memory in bytes. */
  long bytes() {
    return (long) floats.length * Float.BYTES + splits.bytes() + groups.bytes() + blocks.bytes();
  }

  /** Returns the form that a quantised type is multiplied with. */
  QuantRows quants(DType type) {
    return type.elements() == QuantRows.BLOCK ? blocks : groups;
  }

  /**
   * Packs columns [from, to) of a group of rows.
   *
   * @param source holds column {@code from} of row {@code row + i} at {@code at[i]}
   * @param from multiple of {@link Simd#STEP} and of 32, or of 256 where there are blocks
   * @param to the same, or {@code columns}
   * @param columns row length
   * @param firstRow where rows that belong together begin, in rows: see {@link #padded}
   * @param row which of them this group begins with, a multiple of {@link #GROUP}
   * @param rows how many of them there are
   */
  void pack(
      float[] source, int[] at, int from, int to, int columns, int firstRow, int row, int rows) {
    int count = Math.min(GROUP, rows - row);
    if (forms.floats()) {
      int packedAt = firstRow * Simd.pad(columns);
      for (int i = 0; i < count; i++) {
        PackedRows.pack(source, at[i], from, to, columns, floats, packedAt, row + i, rows);
      }
    }
    // Other columns than these belong to matrices of floats that are widened.
    if (forms.splits() && columns % SplitRows.STEP == 0) {
      splits.pack(source, at, from, to, columns, firstRow, row, rows);
    }
    if (forms.groups() && columns % QuantRows.GROUP == 0) {
      for (int i = 0; i < count; i++) {
        groups.pack(source, at[i], from, to, columns, firstRow + row + i);
      }
    }
    if (forms.blocks() && columns % QuantRows.BLOCK == 0) {
      for (int i = 0; i < count; i++) {
        blocks.pack(source, at[i], from, to, columns, firstRow + row + i);
      }
    }
  }
}

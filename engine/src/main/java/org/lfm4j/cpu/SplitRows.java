package org.lfm4j.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Activations as the tiles of {@link AmxKernels} want them: each is cut into three BF16 numbers
 * whose sum it is, high, middle and low. Subnormal parts count as zero.
 *
 * <p>Rows come in groups of 16. For each 32 columns a group has three tiles of 16 lines of 64
 * bytes, one line for each pair of columns: the pair's high parts of the first 8 rows and their
 * middle parts; the low parts of all 16; high and middle of the last 8. A row that is alone has 16
 * bytes a line: high, middle, low, zero. Missing rows of a half hold zeros; a half without rows is
 * not written.
 */
final class SplitRows {
  /** Rows that are split at once: half a group. */
  static final int HALF = 8;

  /** Rows whose numbers lie between each other. */
  static final int GROUP = 2 * HALF;

  /** Columns of a tile: row lengths are multiples of it. */
  static final int STEP = 32;

  /** Bytes for each column of a row: of one that is alone. Others have gaps between groups. */
  private static final int BYTES = 8;

  /** Bytes for each column of a group. */
  private static final int GROUP_BYTES = 6 * GROUP;

  // A tile is loaded faster if its lines are lines of the cache.
  private static final int ALIGNMENT = 64;

  /** Memory of all rows, outside the heap. */
  private final MemorySegment memory;

  /** Takes memory for rows with {@code elements} columns in all, whole groups of them. */
  SplitRows(int elements) {
    memory = Arena.ofAuto().allocate((long) elements * BYTES, ALIGNMENT);
  }

  /** Returns the size of its memory in bytes. */
  long bytes() {
    return memory.byteSize();
  }

  /** Returns where a row lies that begins a group or is alone. */
  long address(int row, int columns) {
    return memory.address() + (long) row * columns * BYTES;
  }

  /**
   * Splits columns [from, to) of up to {@link #HALF} rows.
   *
   * @param source holds column {@code from} of row {@code row + i} at {@code at[i]}
   * @param from multiple of {@link #STEP}, as are to and columns
   * @param firstRow where rows that belong together begin: a multiple of {@link #GROUP}, unless
   *     there is just one
   * @param row which of them comes first, a multiple of {@link #HALF}
   * @param rows how many of them there are
   */
  void pack(
      float[] source, int[] at, int from, int to, int columns, int firstRow, int row, int rows) {
    if (rows == 1) {
      AmxKernels.splitOne(
          source, at[0], to - from, memory.asSlice(((long) firstRow * columns + from) * BYTES));
    } else {
      int half = row % GROUP / HALF;
      long first = (long) firstRow * columns * BYTES;
      long group = (long) (row / GROUP) * columns * GROUP_BYTES;
      AmxKernels.split(
          source,
          at,
          Math.min(HALF, rows - row),
          to - from,
          half,
          memory.asSlice(first + group + (long) from * GROUP_BYTES));
    }
  }
}

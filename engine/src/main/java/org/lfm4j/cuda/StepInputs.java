package org.lfm4j.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.runner.Batch;

/**
 * A batch as one block of 32-bit integers, written on the host and copied to the device at each
 * step. Every array has its fixed place, so that a recorded graph finds it; the page table is last,
 * and only as much as is used is copied.
 */
final class StepInputs {
  /** Places of the counts that kernels read, in integers. */
  static final int ROWS = 0;

  static final int LOGIT_ROWS = 1;
  static final int ITEMS = 2;
  private static final int COUNTS = 32;

  private final Places places;
  private final MemorySegment host;
  private int used;

  /**
   * Where each array begins, in integers.
   *
   * @param tokens token id of each row
   * @param positions position of each row
   * @param sequences sequence of each row
   * @param firstRow first row of each sequence, and the end
   * @param firstPage where each sequence's entries of the page table begin, and the end
   * @param logitRow rows whose logits are wanted
   * @param items work of the attention kernels
   * @param pageTable pages of all sequences
   * @param end end of everything
   */
  record Places(
      int tokens,
      int positions,
      int sequences,
      int firstRow,
      int firstPage,
      int logitRow,
      int items,
      int pageTable,
      int end) {

    /** Reserves room for the largest step. */
    static Places of(int maxRows, int maxSequences, int maxLogitRows, int itemInts, int pages) {
      int[] next = {COUNTS};
      return new Places(
          take(next, maxRows),
          take(next, maxRows),
          take(next, maxRows),
          take(next, maxSequences + 1),
          take(next, maxSequences + 1),
          take(next, maxLogitRows),
          take(next, itemInts),
          take(next, pages),
          next[0]);
    }

    /** Arrays begin at whole lines of 128 bytes. */
    private static int take(int[] next, int size) {
      int place = next[0];
      next[0] = Math.addExact(place, (size + 31) / 32 * 32);
      return place;
    }
  }

  /**
   * Writes into host memory.
   *
   * @param host at least {@code 4 * places.end()} bytes
   */
  StepInputs(Places places, MemorySegment host) {
    this.places = places;
    this.host = host;
  }

  /** Writes a batch, all but the work of the attention kernels. */
  void write(Batch batch) {
    put(ROWS, batch.rows());
    put(LOGIT_ROWS, batch.logitCount());
    int table = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      put(places.firstRow + s, batch.firstRow(s));
      put(places.firstPage + s, table);
      int rows = batch.firstRow(s + 1) - batch.firstRow(s);
      for (int r = 0; r < rows; r++) {
        int row = batch.firstRow(s) + r;
        put(places.tokens + row, batch.token(row));
        put(places.positions + row, batch.start(s) + r);
        put(places.sequences + row, s);
      }
      int pages = Math.ceilDiv(batch.start(s) + rows, PageLayout.TOKENS);
      for (int p = 0; p < pages; p++) {
        put(places.pageTable + table++, batch.page(s, p));
      }
    }
    put(places.firstRow + batch.sequences(), batch.rows());
    put(places.firstPage + batch.sequences(), table);
    for (int i = 0; i < batch.logitCount(); i++) {
      put(places.logitRow + i, batch.logitRow(i));
    }
    used = places.pageTable + table;
  }

  /** Returns how many bytes must be copied for the batch written last. */
  long usedBytes() {
    return 4L * used;
  }

  void put(int place, int value) {
    host.setAtIndex(ValueLayout.JAVA_INT, place, value);
  }
}

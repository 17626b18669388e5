package org.lfm4j.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.runner.Batch;

/**
 * A batch as 32-bit integers, written on the host and copied to the device at each step. Every
 * array has its fixed place, so that a recorded graph finds it. Belongs to the thread of the
 * runner.
 */
final class StepInputs {
  private static final int ROWS = 0;
  private static final int LOGIT_ROWS = 1;
  private static final int DECODE_ITEMS = 2;
  private static final int CHUNK_ITEMS = 3;
  private static final int MERGE_ITEMS = 4;
  private static final int COUNTS = 32;

  private final Places places;

  /** Two, since the copies of one step may be under way while the next is written. */
  private final MemorySegment[] hosts;

  /** The one that was written last. */
  private int turn;

  private final long device;

  /** Written first, since an array is filled faster than memory outside the heap. */
  private final int[] staged;

  private int pages;
  private int rows;
  private boolean decode;

  /** Up to which row the device has been told that row {@code r} is of sequence {@code r}. */
  private int ownSequence;

  /**
   * Where each array begins, in integers. The first ones are small; the rows, of which a decode
   * step uses few, come after them and are uploaded as far as they are used.
   *
   * @param firstRow first row of each sequence, and the end
   * @param firstPage where each sequence's entries of the page table begin, and the end
   * @param logitRow rows whose logits are wanted
   * @param tokens token id of each row
   * @param positions position of each row
   * @param sequences sequence of each row
   * @param decodeItems work of the attention kernel for single tokens
   * @param chunkItems work of the attention kernel for chunks
   * @param mergeItems chunks whose attention has to be merged
   * @param pageTable pages of all sequences
   * @param end end of everything
   */
  record Places(
      int firstRow,
      int firstPage,
      int logitRow,
      int tokens,
      int positions,
      int sequences,
      int decodeItems,
      int chunkItems,
      int mergeItems,
      int pageTable,
      int end) {

    /** Reserves room for the largest step. */
    static Places of(int rows, int sequences, int logitRows, int items, int pages) {
      int[] next = {COUNTS};
      return new Places(
          take(next, sequences + 1),
          take(next, sequences + 1),
          take(next, logitRows),
          take(next, rows),
          take(next, rows),
          take(next, rows),
          take(next, items * AttentionWork.ITEM_INTS),
          take(next, items * AttentionWork.ITEM_INTS),
          take(next, items * AttentionWork.ITEM_INTS),
          take(next, pages),
          next[0]);
    }

    long bytes() {
      return 4L * end;
    }

    /** Arrays begin at whole lines of 128 bytes. */
    private static int take(int[] next, int size) {
      int place = next[0];
      next[0] = Math.addExact(place, (size + 31) / 32 * 32);
      return place;
    }
  }

  /**
   * Writes into host memory, from where it is copied.
   *
   * @param hosts two, pinned, {@code places.bytes()} bytes each
   * @param device address of as many
   */
  StepInputs(Places places, MemorySegment[] hosts, long device) {
    this.places = places;
    this.hosts = hosts;
    this.device = device;
    this.staged = new int[places.end];
  }

  /**
   * Writes a batch and its attention work.
   *
   * @param to which host memory is free, 0 or 1
   */
  void write(int to, Batch batch, AttentionWork work) {
    turn = to;
    put(ROWS, batch.rows());
    put(LOGIT_ROWS, batch.logitCount());
    put(DECODE_ITEMS, work.decode().count());
    put(CHUNK_ITEMS, work.chunks().count());
    put(MERGE_ITEMS, work.merges().count());
    pages = 0;
    rows = batch.rows();
    decode = rows == batch.sequences();
    for (int s = 0; s < batch.sequences(); s++) {
      writeSequence(batch, s);
    }
    put(places.firstRow + batch.sequences(), batch.rows());
    put(places.firstPage + batch.sequences(), pages);
    for (int i = 0; i < batch.logitCount(); i++) {
      put(places.logitRow + i, batch.logitRow(i));
    }
    work.decode().copyTo(staged, places.decodeItems);
    work.chunks().copyTo(staged, places.chunkItems);
    work.merges().copyTo(staged, places.mergeItems);
  }

  private void writeSequence(Batch batch, int s) {
    put(places.firstRow + s, batch.firstRow(s));
    put(places.firstPage + s, pages);
    int count = batch.firstRow(s + 1) - batch.firstRow(s);
    for (int r = 0; r < count; r++) {
      int row = batch.firstRow(s) + r;
      put(places.tokens + row, batch.token(row));
      put(places.positions + row, batch.start(s) + r);
      put(places.sequences + row, s);
    }
    int pageCount = Math.ceilDiv(batch.start(s) + count, PageLayout.TOKENS);
    batch.copyPages(s, pageCount, staged, places.pageTable + pages);
    pages += pageCount;
  }

  /** Enqueues the copies of what was written last. */
  void upload(Stream stream, AttentionWork work) {
    upload(stream, 0, places.tokens + rows);
    upload(stream, places.positions, rows);
    uploadSequences(stream);
    upload(stream, places.decodeItems, work.decode().count() * AttentionWork.ITEM_INTS);
    upload(stream, places.chunkItems, work.chunks().count() * AttentionWork.ITEM_INTS);
    upload(stream, places.mergeItems, work.merges().count() * AttentionWork.ITEM_INTS);
    upload(stream, places.pageTable, pages);
  }

  /** One decode step after the other, the sequences of the rows stay the same. */
  private void uploadSequences(Stream stream) {
    if (!decode || ownSequence < rows) {
      upload(stream, places.sequences, rows);
      ownSequence = decode ? rows : 0;
    }
  }

  private void upload(Stream stream, int place, int count) {
    if (count > 0) {
      MemorySegment host = hosts[turn];
      MemorySegment.copy(staged, place, host, ValueLayout.JAVA_INT, 4L * place, count);
      stream.upload(address(place), host.asSlice(4L * place, 4L * count));
    }
  }

  StepCounts counts() {
    return new StepCounts(address(ROWS), address(LOGIT_ROWS));
  }

  long decodeItemCount() {
    return address(DECODE_ITEMS);
  }

  long chunkItemCount() {
    return address(CHUNK_ITEMS);
  }

  long mergeItemCount() {
    return address(MERGE_ITEMS);
  }

  /** Returns the device address of the tokens of the rows. */
  long tokens() {
    return address(places.tokens);
  }

  /** Returns the device address of an array by its place. */
  long address(int place) {
    return device + 4L * place;
  }

  Places places() {
    return places;
  }

  private void put(int place, int value) {
    staged[place] = value;
  }
}

package org.lfm4j.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.lfm4j.runner.Batch;

/**
 * The work of the attention kernels in one step, as {@code attention.cuh} wants it: items of one
 * token each, and items of some tokens of a chunk. Keys come in splits of 256; where there are too
 * few items to keep the device busy, an item gets only some of the splits of its tokens, and
 * partial results meet in slots. Reused for every step.
 */
final class AttentionWork {
  /** Integers of an item. */
  static final int ITEM_INTS = 8;

  /** Most partial results of a step: rows of {@code Partials}. */
  static final int SLOTS = 4096;

  private static final int SPLIT_KEYS = 256;

  private final int keyHeads;
  private final int blocks;
  private final int chunkTokens;
  private final Items decode;
  private final Items chunks;
  private int slots;

  /**
   * Reserves room.
   *
   * @param keyHeads key heads, each of which every item is computed for
   * @param blocks thread blocks that the device runs at a time
   * @param chunkTokens most tokens of an item of the kernel for chunks
   * @param most items of each kind
   */
  AttentionWork(int keyHeads, int blocks, int chunkTokens, int most) {
    this.keyHeads = keyHeads;
    this.blocks = blocks;
    this.chunkTokens = chunkTokens;
    this.decode = new Items(most);
    this.chunks = new Items(most);
  }

  /** Returns how many items of each kind the largest step may need. */
  static int mostItems(int rows, int sequences, int chunkTokens) {
    return rows / chunkTokens + 2 * sequences + SLOTS;
  }

  /** Items of single tokens. */
  Items decode() {
    return decode;
  }

  /** Items of chunks. */
  Items chunks() {
    return chunks;
  }

  /** Works out the items of a batch. */
  void plan(Batch batch) {
    decode.count = 0;
    chunks.count = 0;
    slots = 0;
    int decodeSpan = span(batch, true);
    int chunkSpan = span(batch, false);
    int pages = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      int first = batch.firstRow(s);
      int rows = batch.firstRow(s + 1) - first;
      if (rows == 1) {
        add(decode, first, 1, batch.start(s), pages, decodeSpan);
      } else {
        for (int r = 0; r < rows; r += chunkTokens) {
          int count = Math.min(chunkTokens, rows - r);
          add(chunks, first + r, count, batch.start(s) + r, pages, chunkSpan);
        }
      }
      pages += Math.ceilDiv(batch.start(s) + rows, PageLayout.TOKENS);
    }
    decode.sort();
    chunks.sort();
  }

  /** Returns how many splits an item of a kind gets, so that all blocks have something to do. */
  private int span(Batch batch, boolean single) {
    long splits = 0;
    long items = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      int rows = batch.firstRow(s + 1) - batch.firstRow(s);
      if ((rows == 1) == single) {
        int here = single ? 1 : Math.ceilDiv(rows, chunkTokens);
        items += here;
        splits += (long) here * splits(batch.start(s) + rows);
      }
    }
    boolean enough = items * keyHeads >= (single ? 2L * blocks : blocks);
    return enough ? Integer.MAX_VALUE : (int) Math.max(1, splits * keyHeads / (2L * blocks));
  }

  private static int splits(int keys) {
    return Math.ceilDiv(keys, SPLIT_KEYS);
  }

  private void add(Items items, int row, int rows, int position, int pages, int span) {
    int splits = splits(position + rows);
    int parts = Math.ceilDiv(splits, span);
    int slot = -1;
    if (parts > 1 && slots + splits * rows <= SLOTS) {
      slot = slots;
      slots += splits * rows;
    } else {
      parts = 1;
    }
    int width = parts == 1 ? splits : span;
    for (int from = 0; from < splits; from += width) {
      int to = Math.min(splits, from + width);
      items.add(row, rows, position, pages, from, to, slot, parts);
    }
  }

  /** Items of one kind, longest first once sorted. */
  static final class Items {
    private final int[] items;
    private final int[] sorted;
    private final long[] order;
    private int count;

    private Items(int most) {
      items = new int[most * ITEM_INTS];
      sorted = new int[most * ITEM_INTS];
      order = new long[most];
    }

    int count() {
      return count;
    }

    private void add(
        int row, int rows, int position, int pages, int from, int to, int slot, int parts) {
      int at = count * ITEM_INTS;
      items[at] = row;
      items[at + 1] = rows;
      items[at + 2] = position;
      items[at + 3] = pages;
      items[at + 4] = from;
      items[at + 5] = to;
      items[at + 6] = slot;
      items[at + 7] = parts;
      order[count] = (long) (from - to) << 32 | count;
      count++;
    }

    /** A block that begins a long item last would be waited for. */
    private void sort() {
      Arrays.sort(order, 0, count);
      for (int i = 0; i < count; i++) {
        System.arraycopy(items, (int) order[i] * ITEM_INTS, sorted, i * ITEM_INTS, ITEM_INTS);
      }
    }

    void copyTo(MemorySegment host, int place) {
      MemorySegment.copy(sorted, 0, host, ValueLayout.JAVA_INT, 4L * place, count * ITEM_INTS);
    }
  }
}

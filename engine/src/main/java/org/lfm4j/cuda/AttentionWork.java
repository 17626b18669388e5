package org.lfm4j.cuda;

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
  static final int SLOTS = 8192;

  /** Thread blocks of the kernel for single tokens that a multiprocessor runs at a time. */
  static final int DECODE_BLOCKS = 3;

  /** The same of the kernel for chunks. */
  static final int CHUNK_BLOCKS = 2;

  private static final int SPLIT_KEYS = 256;

  private final int keyHeads;
  private final int multiprocessors;
  private final int chunkTokens;
  private final Items decode;
  private final Items chunks;
  private final Items merges;
  private int slots;

  /**
   * Reserves room.
   *
   * @param keyHeads key heads, each of which every item is computed for
   * @param multiprocessors of the device
   * @param chunkTokens most tokens of an item of the kernel for chunks
   * @param most items of each kind
   */
  AttentionWork(int keyHeads, int multiprocessors, int chunkTokens, int most) {
    this.keyHeads = keyHeads;
    this.multiprocessors = multiprocessors;
    this.chunkTokens = chunkTokens;
    this.decode = new Items(most);
    this.chunks = new Items(most);
    this.merges = new Items(most);
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

  /** One item of each of those that share slots, of chunks. */
  Items merges() {
    return merges;
  }

  /** Works out the items of a batch. */
  void plan(Batch batch) {
    decode.clear();
    chunks.clear();
    merges.clear();
    slots = 0;
    int decodeSpan = decodeSpan(batch);
    int chunkSpan = chunkSpan(batch);
    int pages = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      int first = batch.firstRow(s);
      int rows = rows(batch, s);
      if (rows == 1) {
        add(decode, first, 1, batch.start(s), pages, decodeSpan + 1, decodeSpan);
      } else {
        for (int r = 0; r < rows; r += chunkTokens) {
          int count = Math.min(chunkTokens, rows - r);
          add(chunks, first + r, count, batch.start(s) + r, pages, chunkSpan + 2, chunkSpan);
        }
      }
      pages += Math.ceilDiv(batch.start(s) + rows, PageLayout.TOKENS);
    }
    decode.sort();
    chunks.sort();
    merges.sort();
  }

  /**
   * Returns how many splits an item of a single token gets, so that all blocks have something to
   * do.
   */
  private int decodeSpan(Batch batch) {
    long splits = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      if (rows(batch, s) == 1) {
        splits += splits(batch.start(s) + 1);
      }
    }
    return span(splits, DECODE_BLOCKS);
  }

  /** The same for chunks, which aren't split where their tokens alone keep the device busy. */
  private int chunkSpan(Batch batch) {
    long splits = 0;
    long tiles = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      int rows = rows(batch, s);
      if (rows > 1) {
        int here = Math.ceilDiv(rows, chunkTokens);
        tiles += here;
        splits += (long) here * splits(batch.start(s) + rows);
      }
    }
    boolean busy = tiles * keyHeads >= (long) CHUNK_BLOCKS * multiprocessors;
    return busy ? Integer.MAX_VALUE / 2 : span(splits, 2 * CHUNK_BLOCKS);
  }

  private int span(long splits, int blocks) {
    return (int) Math.max(1, Math.ceilDiv(splits * keyHeads, (long) blocks * multiprocessors));
  }

  private static int rows(Batch batch, int sequence) {
    return batch.firstRow(sequence + 1) - batch.firstRow(sequence);
  }

  private static int splits(int keys) {
    return Math.ceilDiv(keys, SPLIT_KEYS);
  }

  /** What has at most {@code whole} splits isn't worth a merge. */
  private void add(Items items, int row, int rows, int position, int pages, int whole, int span) {
    int splits = splits(position + rows);
    boolean split = splits > whole && slots + (long) splits * rows <= SLOTS;
    int parts = split ? Math.ceilDiv(splits, span) : 1;
    int width = Math.ceilDiv(splits, parts);
    parts = Math.ceilDiv(splits, width);
    int slot = split ? slots : -1;
    for (int from = 0; from < splits; from += width) {
      int to = Math.min(splits, from + width);
      items.add(row, rows, position, pages, from, to, slot, parts);
    }
    if (split) {
      slots += splits * rows;
      if (items == chunks) {
        merges.add(row, rows, position, pages, 0, splits, slot, parts);
      }
    }
  }

  /** Items of one kind, longest first once sorted. */
  static final class Items {
    private final int[] items;
    private final int[] sorted;
    private int[] places = {};
    private int longest;
    private int count;

    private Items(int most) {
      items = new int[most * ITEM_INTS];
      sorted = new int[most * ITEM_INTS];
    }

    int count() {
      return count;
    }

    private void clear() {
      count = 0;
      longest = 0;
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
      longest = Math.max(longest, to - from);
      count++;
    }

    /**
     * A block that begins a long item last would be waited for. Lengths are few, so they are
     * counted rather than compared: the device waits for this.
     */
    private void sort() {
      if (places.length < longest + 2) {
        places = new int[2 * longest + 2];
      }
      Arrays.fill(places, 0, longest + 2, 0);
      for (int i = 0; i < count; i++) {
        places[shorterThanLongest(i) + 1]++;
      }
      for (int i = 1; i <= longest; i++) {
        places[i] += places[i - 1];
      }
      for (int i = 0; i < count; i++) {
        int place = places[shorterThanLongest(i)]++;
        System.arraycopy(items, i * ITEM_INTS, sorted, place * ITEM_INTS, ITEM_INTS);
      }
    }

    private int shorterThanLongest(int item) {
      int at = item * ITEM_INTS;
      return longest - (items[at + 5] - items[at + 4]);
    }

    void copyTo(int[] to, int place) {
      System.arraycopy(sorted, 0, to, place, count * ITEM_INTS);
    }
  }
}

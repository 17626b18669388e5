package org.lfm4j.text;

/**
 * Byte-pair encoding of one piece (Sennrich et al. 2016, over bytes): as long as neighbours form a
 * merge rule, the rule of lowest rank is applied, leftmost first. Thread-safe.
 */
final class Bpe {
  /** Up to here, finding the lowest rank by looking at all pairs beats keeping a heap. */
  private static final int SHORT_PIECE = 64;

  private static final byte UNKNOWN = 0;
  private static final byte WHOLE = 1;
  private static final byte PARTS = 2;

  private final Vocabulary vocabulary;
  private final MergeTable merges;
  private final int[] byteIds;
  private final boolean ignoreMerges;

  /**
   * Whether merging a token's own bytes gives that token again, found out when first asked. Threads
   * may race to write, but only ever the same value.
   */
  private final byte[] reach;

  Bpe(Vocabulary vocabulary, MergeTable merges, int[] byteIds, boolean ignoreMerges) {
    this.vocabulary = vocabulary;
    this.merges = merges;
    this.byteIds = byteIds;
    this.ignoreMerges = ignoreMerges;
    this.reach = new byte[vocabulary.size()];
  }

  /** Appends the ids of the piece {@code text[from, to)}. */
  void encode(byte[] text, int from, int to, IntList ids) {
    int id = vocabulary.find(text, from, to);
    if (id >= 0 && (ignoreMerges || reach[id] == WHOLE)) {
      ids.add(id);
      return;
    }
    int before = ids.size();
    merge(text, from, to, ids);
    if (id >= 0 && reach[id] == UNKNOWN) {
      reach[id] = ids.size() == before + 1 && ids.get(before) == id ? WHOLE : PARTS;
    }
  }

  private void merge(byte[] text, int from, int to, IntList ids) {
    int[] symbols = new int[to - from];
    int count = 0;
    for (int i = from; i < to; i++) {
      symbols[count++] = byteIds[text[i] & 0xFF];
    }
    if (count <= SHORT_PIECE) {
      count = mergeShort(symbols, count);
      for (int i = 0; i < count; i++) {
        ids.add(symbols[i]);
      }
    } else {
      new LongPiece(merges, symbols).merge(ids);
    }
  }

  private int mergeShort(int[] symbols, int length) {
    int count = length;
    int[] ranks = new int[count];
    for (int i = 0; i + 1 < count; i++) {
      ranks[i] = merges.rank(symbols[i], symbols[i + 1]);
    }
    while (count > 1) {
      int at = 0;
      for (int i = 1; i + 1 < count; i++) {
        if (ranks[i] < ranks[at]) {
          at = i;
        }
      }
      if (ranks[at] == MergeTable.NONE) {
        break;
      }
      symbols[at] = merges.merged(symbols[at], symbols[at + 1]);
      count--;
      System.arraycopy(symbols, at + 2, symbols, at + 1, count - at - 1);
      System.arraycopy(ranks, at + 2, ranks, at + 1, Math.max(0, count - at - 1));
      if (at > 0) {
        ranks[at - 1] = merges.rank(symbols[at - 1], symbols[at]);
      }
      if (at + 1 < count) {
        ranks[at] = merges.rank(symbols[at], symbols[at + 1]);
      }
    }
    return count;
  }
}

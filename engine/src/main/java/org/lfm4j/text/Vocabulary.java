package org.lfm4j.text;

import java.util.Arrays;

/**
 * Token bytes by id and ids by bytes, in flat arrays: the bytes of all tokens end to end, and an
 * open-addressing table of ids. An id without text has no bytes.
 */
final class Vocabulary {
  private final byte[] bytes;
  private final int[] starts;
  private final int[] table;

  /**
   * Builds the tables.
   *
   * @param tokens bytes by id; of length zero where an id has no text
   * @param searchable whether {@link #find} may return an id
   */
  Vocabulary(byte[][] tokens, boolean[] searchable) {
    starts = new int[tokens.length + 1];
    for (int id = 0; id < tokens.length; id++) {
      starts[id + 1] = starts[id] + tokens[id].length;
    }
    bytes = new byte[starts[tokens.length]];
    table = new int[Math.max(16, Integer.highestOneBit(tokens.length) * 4)];
    Arrays.fill(table, -1);
    for (int id = 0; id < tokens.length; id++) {
      System.arraycopy(tokens[id], 0, bytes, starts[id], tokens[id].length);
      if (searchable[id] && tokens[id].length > 0) {
        table[slot(tokens[id], 0, tokens[id].length)] = id;
      }
    }
  }

  int size() {
    return starts.length - 1;
  }

  int length(int id) {
    return starts[id + 1] - starts[id];
  }

  byte byteAt(int id, int index) {
    return bytes[starts[id] + index];
  }

  byte[] bytes(int id) {
    return Arrays.copyOfRange(bytes, starts[id], starts[id + 1]);
  }

  /** Returns the id of the token with exactly these bytes, or -1. */
  int find(byte[] text, int from, int to) {
    return table[slot(text, from, to)];
  }

  /** Returns the slot that holds these bytes' id, or the free one where it would be. */
  private int slot(byte[] text, int from, int to) {
    int mask = table.length - 1;
    int slot = hash(text, from, to) & mask;
    while (table[slot] >= 0 && !equal(table[slot], text, from, to)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean equal(int id, byte[] text, int from, int to) {
    return Arrays.equals(bytes, starts[id], starts[id + 1], text, from, to);
  }

  private static int hash(byte[] text, int from, int to) {
    int hash = to - from;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + text[i];
    }
    hash *= 0x9E3779B1;
    return hash ^ (hash >>> 15);
  }
}

package org.lfm4j.text;

import java.util.Arrays;

/** Merge rules by pair of ids, in an open-addressing table: lower ranks are applied first. */
final class MergeTable {
  static final int NONE = Integer.MAX_VALUE;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] merged;

  MergeTable(int rules) {
    int capacity = Integer.highestOneBit(Math.max(8, rules)) * 4;
    pairs = new long[capacity];
    ranks = new int[capacity];
    merged = new int[capacity];
    Arrays.fill(pairs, -1);
  }

  /** Adds a rule; a later rule for the same pair takes the place of an earlier one. */
  void put(int left, int right, int rank, int result) {
    int slot = slot(left, right);
    pairs[slot] = pair(left, right);
    ranks[slot] = rank;
    merged[slot] = result;
  }

  /** Returns a pair's rank, or {@link #NONE}. */
  int rank(int left, int right) {
    int slot = slot(left, right);
    return pairs[slot] < 0 ? NONE : ranks[slot];
  }

  /** Returns what a pair that has a rank becomes. */
  int merged(int left, int right) {
    return merged[slot(left, right)];
  }

  private int slot(int left, int right) {
    long pair = pair(left, right);
    int mask = pairs.length - 1;
    int slot = (int) ((pair * 0x9E3779B97F4A7C15L) >>> 33) & mask;
    while (pairs[slot] >= 0 && pairs[slot] != pair) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }
}

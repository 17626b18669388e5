package org.lfm4j.engine;

import java.util.Arrays;

/**
 * Which page has a hash: a hash table of open addressing in flat arrays. A step that puts pages
 * there and takes others out meets few pages of memory, where a map has an object for each entry.
 * Engine thread only.
 */
final class PageIndex {
  /** What {@link #get} returns where there is no page. */
  static final int NONE = -1;

  private final long[] hashes;
  private final int[] pages;

  /** Makes an empty index for so many pages. */
  PageIndex(int most) {
    // At most half full, so that runs stay short.
    int size = Integer.highestOneBit(Math.max(2, most)) * 4;
    this.hashes = new long[size];
    this.pages = new int[size];
    Arrays.fill(pages, NONE);
  }

  /** Hashes are mixed well already: their low bits are as good as any. */
  private int home(long hash) {
    return (int) hash & (hashes.length - 1);
  }

  private int next(int place) {
    return (place + 1) & (hashes.length - 1);
  }

  /** Returns where a hash is, or the empty place that it would take. */
  private int place(long hash) {
    int place = home(hash);
    while (pages[place] != NONE && hashes[place] != hash) {
      place = next(place);
    }
    return place;
  }

  /** Returns the page of a hash, or {@link #NONE}. */
  int get(long hash) {
    return pages[place(hash)];
  }

  /** Sets the page of a hash and returns the one before, or {@link #NONE}. */
  int put(long hash, int page) {
    int place = place(hash);
    int before = pages[place];
    hashes[place] = hash;
    pages[place] = page;
    return before;
  }

  /** Removes a hash that is there. */
  void remove(long hash) {
    int empty = place(hash);
    pages[empty] = NONE;
    // What follows may have wanted this place: no search may end at the gap before it.
    for (int at = next(empty); pages[at] != NONE; at = next(at)) {
      int steps = (at - home(hashes[at])) & (hashes.length - 1);
      int back = (at - empty) & (hashes.length - 1);
      if (steps >= back) {
        hashes[empty] = hashes[at];
        pages[empty] = pages[at];
        pages[at] = NONE;
        empty = at;
      }
    }
  }
}

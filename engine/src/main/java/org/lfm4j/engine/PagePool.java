package org.lfm4j.engine;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who holds which cache page. A page is free, or held by one or more sequences, or kept for its
 * contents: unheld but in the prefix cache, to be taken back least recently used first. Because a
 * page carries the convolution state after its last token, a cached prefix is exact for both kinds
 * of layer and needs nothing besides its pages. Engine thread only.
 */
final class PagePool {
  private static final int NONE = -1;

  private final int pageTokens;
  private final int[] holders;
  private final @Nullable CachedPage[] cached;

  /** Of what is in the prefix cache. */
  private final PageIndex index;

  /** Of each cached page, so that nobody reads its entry to take it out. */
  private final long[] hashes;

  private final int[] free;
  private int freeCount;

  /** Unheld cached pages, least recently used first, as a list linked by page number. */
  private final int[] newer;

  private final int[] older;
  private int oldest = NONE;
  private int newest = NONE;
  private int idleCount;

  /**
   * Makes a pool of free pages.
   *
   * @param pages number of pages
   * @param pageTokens tokens in a page
   */
  PagePool(int pages, int pageTokens) {
    this.pageTokens = pageTokens;
    this.holders = new int[pages];
    this.cached = new CachedPage[pages];
    this.index = new PageIndex(pages);
    this.hashes = new long[pages];
    this.free = new int[pages];
    this.newer = new int[pages];
    this.older = new int[pages];
    for (int page = pages - 1; page >= 0; page--) {
      free[freeCount++] = page;
    }
  }

  int pages() {
    return holders.length;
  }

  /** Returns how many pages can be taken now. */
  int available() {
    return freeCount + idleCount;
  }

  /** Returns how many pages sequences hold. */
  int held() {
    return holders.length - available();
  }

  /** Takes a page with undefined contents; only while {@link #available} is positive. */
  int take() {
    int page;
    if (freeCount > 0) {
      page = free[--freeCount];
    } else {
      page = oldest;
      forget(page);
      unlink(page);
    }
    holders[page] = 1;
    return page;
  }

  /** Adds a holder to a page that is held or cached. */
  void hold(int page) {
    if (holders[page]++ == 0) {
      unlink(page);
    }
  }

  /**
   * Removes a holder. Release a sequence's last page first, so that prefixes outlive their tails.
   */
  void release(int page) {
    if (--holders[page] > 0) {
      return;
    }
    if (cached[page] == null) {
      free[freeCount++] = page;
    } else {
      link(page);
    }
  }

  /** Finds the cached page that continues a prefix with these tokens. */
  @Nullable CachedPage find(
      @Nullable CachedPage after, Optional<String> salt, int[] tokens, int from) {
    return find(CachedPage.hash(after, salt, tokens, from, pageTokens), after, salt, tokens, from);
  }

  /** The same where the hash is known. */
  @Nullable CachedPage find(
      long hash, @Nullable CachedPage after, Optional<String> salt, int[] tokens, int from) {
    int page = index.get(hash);
    CachedPage found = page == PageIndex.NONE ? null : cached[page];
    return found != null && found.holds(after, salt, tokens, from) ? found : null;
  }

  /**
   * Puts a full, held page into the prefix cache, in place of one with the same hash if its
   * contents differ.
   *
   * @param hash as {@link CachedPage#hash} returns it
   */
  CachedPage cache(
      long hash,
      @Nullable CachedPage after,
      Optional<String> salt,
      int[] tokens,
      int from,
      int page) {
    int[] copy = java.util.Arrays.copyOfRange(tokens, from, from + pageTokens);
    CachedPage entry = new CachedPage(after, salt, copy, hash, page);
    int replaced = index.put(hash, page);
    if (replaced != PageIndex.NONE) {
      drop(replaced);
    }
    cached[page] = entry;
    hashes[page] = hash;
    return entry;
  }

  /** Takes all unheld pages out of the prefix cache. */
  void clearCache() {
    while (oldest != NONE) {
      int page = oldest;
      forget(page);
      unlink(page);
      free[freeCount++] = page;
    }
  }

  private void drop(int page) {
    cached[page] = null;
    if (holders[page] == 0) {
      unlink(page);
      free[freeCount++] = page;
    }
  }

  private void forget(int page) {
    if (cached[page] != null) {
      index.remove(hashes[page]);
      cached[page] = null;
    }
  }

  private void link(int page) {
    newer[page] = NONE;
    older[page] = newest;
    if (newest == NONE) {
      oldest = page;
    } else {
      newer[newest] = page;
    }
    newest = page;
    idleCount++;
  }

  private void unlink(int page) {
    if (older[page] == NONE) {
      oldest = newer[page];
    } else {
      newer[older[page]] = newer[page];
    }
    if (newer[page] == NONE) {
      newest = older[page];
    } else {
      older[newer[page]] = older[page];
    }
    idleCount--;
  }

  /**
   * Checks that every page is in exactly one place and held as often as the sequences say.
   *
   * @param expectedHolders holders of each page, counted from the sequences
   * @throws IllegalStateException naming the first page that is wrong
   */
  void checkIntegrity(int[] expectedHolders) {
    boolean[] placed = new boolean[holders.length];
    for (int i = 0; i < freeCount; i++) {
      place(placed, free[i]);
      require(cached[free[i]] == null, free[i], "free but cached");
    }
    int idle = 0;
    for (int page = oldest; page != NONE; page = newer[page]) {
      place(placed, page);
      require(cached[page] != null, page, "idle but not cached");
      idle++;
    }
    require(idle == idleCount, idle, "idle pages counted, expected " + idleCount);
    for (int page = 0; page < holders.length; page++) {
      require(
          holders[page] == expectedHolders[page],
          page,
          "has %d holders, sequences say %d".formatted(holders[page], expectedHolders[page]));
      require(placed[page] == (holders[page] == 0), page, "is lost, or held and free at once");
      CachedPage entry = cached[page];
      require(
          entry == null || (entry.page() == page && index.get(entry.hash()) == page),
          page,
          "is not what the index says");
    }
  }

  private static void place(boolean[] placed, int page) {
    require(!placed[page], page, "is in two places");
    placed[page] = true;
  }

  private static void require(boolean ok, int page, String what) {
    if (!ok) {
      throw new IllegalStateException("page %d %s".formatted(page, what));
    }
  }
}

package org.lfm4j.engine;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Batch;

/**
 * The pages of the running sequences, by seat, and which of them are in the prefix cache. In flat
 * arrays for the reason that {@link Running} gives. Engine thread only.
 */
final class HeldPages {
  private final PagePool pool;
  private final Running running;
  private final int pageTokens;

  /** Row-major [seats, width]; a row holds the page table of one sequence. */
  private int[] tables;

  /** Grows with the longest sequence. */
  private int width = 4;

  private final int[] count;

  /** Pages at the start that are in the prefix cache, and the last of them. */
  private final int[] chained;

  private final @Nullable CachedPage[] chain;

  HeldPages(PagePool pool, Running running, int seats, int pageTokens) {
    this.pool = pool;
    this.running = running;
    this.pageTokens = pageTokens;
    this.tables = new int[seats * width];
    this.count = new int[seats];
    this.chained = new int[seats];
    this.chain = new @Nullable CachedPage[seats];
  }

  int count(int seat) {
    return count[seat];
  }

  int page(int seat, int index) {
    return tables[seat * width + index];
  }

  /** Returns how many more pages the first {@code tokens} tokens need. */
  int missing(int seat, int tokens) {
    return Math.ceilDiv(tokens, pageTokens) - count[seat];
  }

  /** Takes free pages, of which there must be so many. */
  void take(int seat, int pages) {
    for (int i = 0; i < pages; i++) {
      add(seat, pool.take());
    }
  }

  private void add(int seat, int page) {
    if (count[seat] == width) {
      widen();
    }
    tables[seat * width + count[seat]++] = page;
  }

  private void widen() {
    int[] wider = new int[Math.multiplyExact(2, tables.length)];
    for (int seat = 0; seat < count.length; seat++) {
      System.arraycopy(tables, seat * width, wider, 2 * seat * width, count[seat]);
    }
    tables = wider;
    width *= 2;
  }

  /** Opens a sequence in a batch, from its first token on that is not computed. */
  void open(int seat, Batch batch) {
    batch.addSequence(running.computed(seat), tables, seat * width, count[seat]);
  }

  /**
   * Takes the longest cached prefix. At least one token stays to be computed, since its logits are
   * needed.
   *
   * @return tokens found
   */
  int reusePrefix(int seat) {
    Sequence sequence = running.at(seat);
    Optional<String> salt = sequence.request.cacheSalt();
    while ((count[seat] + 1) * pageTokens < running.length(seat)) {
      CachedPage next = pool.find(chain[seat], salt, sequence.tokens(), count[seat] * pageTokens);
      if (next == null) {
        break;
      }
      pool.hold(next.page());
      add(seat, next.page());
      chain[seat] = next;
      chained[seat] = count[seat];
    }
    running.setComputed(seat, count[seat] * pageTokens);
    return running.computed(seat);
  }

  /**
   * Puts full pages that are not in the prefix cache yet there.
   *
   * @param most how many may go at once: sequences that began together fill their pages together,
   *     and one step should not pay for all
   * @return how many went
   */
  int share(int seat, int most) {
    int shared = 0;
    while (shared < most && (chained[seat] + 1) * pageTokens <= running.computed(seat)) {
      shareFirst(seat);
      shared++;
    }
    return shared;
  }

  /** Shares the first page that is not in the prefix cache yet. */
  private void shareFirst(int seat) {
    Sequence sequence = running.at(seat);
    Optional<String> salt = sequence.request.cacheSalt();
    int[] tokens = sequence.tokens();
    int index = chained[seat];
    int page = page(seat, index);
    int from = index * pageTokens;
    CachedPage before = chain[seat];
    long hash = CachedPage.hash(before, salt, tokens, from, pageTokens);
    CachedPage same = pool.find(hash, before, salt, tokens, from);
    if (same == null) {
      same = pool.cache(hash, before, salt, tokens, from, page);
    } else if (same.page() != page) {
      // Another sequence computed the same page meanwhile: one copy is enough.
      pool.hold(same.page());
      pool.release(page);
      tables[seat * width + index] = same.page();
    }
    chain[seat] = same;
    chained[seat] = index + 1;
  }

  /** Gives all pages of a sequence back; everything is to be computed again. */
  void release(int seat) {
    while (count[seat] > 0) {
      pool.release(page(seat, --count[seat]));
    }
    chain[seat] = null;
    chained[seat] = 0;
    running.setComputed(seat, 0);
  }

  /**
   * Shares the full pages of a sequence with another that has the same tokens and no page yet. Of
   * these tokens all but none are left to compute.
   */
  void fork(int from, int to) {
    int full = running.computed(from) / pageTokens;
    for (int i = 0; i < full; i++) {
      pool.hold(page(from, i));
      add(to, page(from, i));
    }
    running.setComputed(to, full * pageTokens);
    chain[to] = chained[from] == full ? chain[from] : null;
    chained[to] = chained[from] == full ? full : 0;
  }

  /** Takes a page for a copy of the last one, not full, of the sequence that was forked from. */
  int takeCopy(int from, int to) {
    int copy = pool.take();
    add(to, copy);
    running.setComputed(to, running.computed(from));
    return copy;
  }
}

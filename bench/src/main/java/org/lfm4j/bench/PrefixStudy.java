package org.lfm4j.bench;

import java.io.PrintStream;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lfm4j.bench.PrefixTrace.Turn;

/**
 * What two designs of a prefix cache find in {@link PrefixTrace}, for the bytes of LFM2-24B-A2B in
 * BF16 (10 attention layers, 30 convolutions).
 *
 * <p>Pages: each page keeps the convolution state after its last token; whole pages are reused.
 * Re-run: pages keep keys and values only; any token is a cut, and the state there is computed
 * again from the last two tokens for each convolution layer.
 *
 * <p>Usage: {@code PrefixStudy SEED}. Prints a line for each design and budget.
 */
public final class PrefixStudy {
  private static final int KEY_VALUE_BYTES = 20_480;
  private static final int STATE_BYTES = 245_760;
  private static final int RE_RUN = 60;

  private final int pageTokens;
  private final boolean reRun;
  private final long budgetPages;
  private final Map<Long, Boolean> pages = new LinkedHashMap<>(16, 0.75f, true);
  private long prompt;
  private long reused;
  private long computed;
  private long mostPages;

  private PrefixStudy(int pageTokens, boolean reRun, long budget) {
    this.pageTokens = pageTokens;
    this.reRun = reRun;
    this.budgetPages = budget / pageBytes();
  }

  private long pageBytes() {
    return (long) pageTokens * KEY_VALUE_BYTES + (reRun ? 0 : STATE_BYTES);
  }

  /** Runs the study. */
  public static void main(String[] args) {
    PrintStream out = System.out;
    long seed = Long.parseLong(args[0]);
    for (long budget : new long[] {Long.MAX_VALUE, 2L << 30, 1L << 30}) {
      for (int pageTokens : new int[] {16, 32, 64, 128}) {
        new PrefixStudy(pageTokens, false, budget).run(seed, out);
      }
      new PrefixStudy(64, true, budget).run(seed, out);
    }
  }

  private void run(long seed, PrintStream out) {
    int turns = 0;
    for (Turn turn : PrefixTrace.turns(seed)) {
      answer(turn);
      turns++;
    }
    out.printf(
        "%s%d: %d pages at most, %d bytes a token, %.1f %% of %d prompt tokens reused, %.1f rows a turn%n",
        reRun ? "re-run, pages of " : "pages of ",
        pageTokens,
        mostPages,
        pageBytes() / pageTokens,
        100.0 * reused / prompt,
        prompt,
        (double) computed / turns);
  }

  private void answer(Turn turn) {
    boolean first = turn.seen() == 0;
    int known = first ? PrefixTrace.SYSTEM : turn.seen();
    int found = 0;
    while (found * pageTokens < known && pages.containsKey(key(turn, found))) {
      found++;
    }
    if (reRun && first && found == known / pageTokens) {
      // The rest of the system prompt is at the start of a page of any other conversation.
      found++;
    }
    int hit = Math.min(found * pageTokens, reRun ? known : known / pageTokens * pageTokens);
    prompt += turn.prompt();
    reused += hit;
    computed += turn.prompt() - hit + (reRun ? Math.min(hit, RE_RUN) : 0);
    int held = reRun ? Math.ceilDiv(turn.end(), pageTokens) : turn.end() / pageTokens;
    // A sequence gives its pages back last page first.
    for (int page = held - 1; page >= 0; page--) {
      pages.put(key(turn, page), true);
    }
    evict();
    mostPages = Math.max(mostPages, pages.size());
  }

  private void evict() {
    Iterator<Long> oldest = pages.keySet().iterator();
    for (long excess = pages.size() - budgetPages; excess > 0; excess--) {
      oldest.next();
      oldest.remove();
    }
  }

  /** Pages that lie within the system prompt are the same ones in all conversations. */
  private long key(Turn turn, int page) {
    boolean shared = (page + 1) * pageTokens <= PrefixTrace.SYSTEM;
    return (shared ? -1L : turn.conversation()) << 32 | page;
  }
}

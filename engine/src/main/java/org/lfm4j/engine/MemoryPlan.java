package org.lfm4j.engine;

import java.util.Locale;
import org.lfm4j.runner.CacheSpec;

/**
 * Where the memory goes, decided before any of it is taken.
 *
 * @param weightBytes weights, mapped from their files
 * @param workspaceBytes activations of one step and its logits
 * @param cacheSpec what a page costs
 * @param pages cache pages
 * @param maxModelLength longest sequence
 */
public record MemoryPlan(
    long weightBytes, long workspaceBytes, CacheSpec cacheSpec, int pages, int maxModelLength) {

  /**
   * Fits as many pages as possible into a budget.
   *
   * @param cacheBytes bytes for pages
   * @throws IllegalArgumentException if not even one sequence of full length fits
   */
  public static MemoryPlan fit(
      long weightBytes,
      long workspaceBytes,
      CacheSpec cacheSpec,
      long cacheBytes,
      int maxModelLength) {
    long pages = Math.min(cacheBytes / cacheSpec.pageBytes(), Integer.MAX_VALUE / 2);
    int needed = cacheSpec.pagesFor(maxModelLength);
    if (pages < needed) {
      throw new IllegalArgumentException(
          "a sequence of %d tokens needs %s of cache, but only %s are planned: give it more or lower max_model_len to %d"
              .formatted(
                  maxModelLength,
                  bytes(needed * cacheSpec.pageBytes()),
                  bytes(cacheBytes),
                  pages * cacheSpec.pageTokens()));
    }
    return new MemoryPlan(weightBytes, workspaceBytes, cacheSpec, (int) pages, maxModelLength);
  }

  /** Returns how many tokens the cache holds. */
  public long cacheTokens() {
    return (long) pages * cacheSpec.pageTokens();
  }

  /** Returns how many sequences of full length fit at once. */
  public int fullSequences() {
    return pages / cacheSpec.pagesFor(maxModelLength);
  }

  /** Returns the plan as a table for people. */
  public String table() {
    return """
    weights           %10s
    keys and values   %10s
    convolution state %10s
    workspace         %10s
    cache: %,d pages of %d tokens hold %,d tokens: %,d sequences of %,d\
    """
        .formatted(
            bytes(weightBytes),
            bytes(pages * cacheSpec.keyValueBytes()),
            bytes(pages * cacheSpec.stateBytes()),
            bytes(workspaceBytes),
            pages,
            cacheSpec.pageTokens(),
            cacheTokens(),
            fullSequences(),
            maxModelLength);
  }

  private static String bytes(long bytes) {
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20))
        : String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
  }
}

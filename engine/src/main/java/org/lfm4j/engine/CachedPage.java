package org.lfm4j.engine;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A full page in the prefix cache: what tokens it holds after which page. Two are the same prefix
 * if salt, tokens and everything before them agree; the hash only finds candidates.
 */
final class CachedPage {
  private final @Nullable CachedPage parent;
  private final Optional<String> salt;
  private final int[] tokens;
  private final long hash;
  private final int page;

  CachedPage(
      @Nullable CachedPage parent, Optional<String> salt, int[] tokens, long hash, int page) {
    this.parent = parent;
    this.salt = salt;
    this.tokens = tokens;
    this.hash = hash;
    this.page = page;
  }

  long hash() {
    return hash;
  }

  int page() {
    return page;
  }

  boolean holds(@Nullable CachedPage after, Optional<String> ofSalt, int[] source, int from) {
    return parent == after
        && salt.equals(ofSalt)
        && Arrays.equals(tokens, 0, tokens.length, source, from, from + tokens.length);
  }

  /** Chained hash of a page: of everything before it and of its own tokens. */
  static long hash(
      @Nullable CachedPage after, Optional<String> salt, int[] tokens, int from, int length) {
    long hash = after == null ? mix(salt.hashCode() + 1L) : after.hash;
    for (int i = from; i < from + length; i++) {
      hash = mix(hash ^ tokens[i]);
    }
    return hash;
  }

  /** The finaliser of splitmix64 (Steele, Lea, Flood 2014). */
  private static long mix(long z) {
    z += 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}

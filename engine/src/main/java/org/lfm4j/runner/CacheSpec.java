package org.lfm4j.runner;

/**
 * What one cache page of a runner costs. A page holds the keys and values of up to {@code
 * pageTokens} consecutive tokens in every attention layer, and the state of every convolution layer
 * after the last of them: all that is needed to go on from there.
 *
 * @param pageTokens tokens in a full page
 * @param keyValueBytes bytes of keys and values in a page
 * @param stateBytes bytes of convolution state in a page
 */
public record CacheSpec(int pageTokens, long keyValueBytes, long stateBytes) {

  /** Returns the bytes of one page. */
  public long pageBytes() {
    return keyValueBytes + stateBytes;
  }

  /** Returns how many pages hold this many tokens. */
  public int pagesFor(int tokens) {
    return Math.ceilDiv(tokens, pageTokens);
  }
}

package org.lfm4j.engine;

import java.util.Arrays;

/**
 * How many steps computed how many tokens. Element {@code i} of {@code counts} is the number of
 * steps of more than 2<sup>i-1</sup> and at most 2<sup>i</sup> tokens; the last one has no upper
 * bound.
 *
 * @param counts steps by size
 * @param tokens tokens of all steps together
 */
public record StepSizes(long[] counts, long tokens) {
  /** How many sizes are told apart: 1, 2, 4 to 16384, and more. */
  public static final int SIZES = 16;

  /** Returns the place of a step of so many tokens, at least one. */
  static int indexOf(int tokens) {
    return Math.min(SIZES - 1, Integer.SIZE - Integer.numberOfLeadingZeros(tokens - 1));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StepSizes(long[] otherCounts, long otherTokens)
        && tokens == otherTokens
        && Arrays.equals(counts, otherCounts);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(counts) + Long.hashCode(tokens);
  }

  @Override
  public String toString() {
    return tokens + " tokens, steps by size " + Arrays.toString(counts);
  }
}

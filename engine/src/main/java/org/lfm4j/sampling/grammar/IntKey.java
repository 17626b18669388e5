package org.lfm4j.sampling.grammar;

import java.util.Arrays;

/** Some ints as a key of a map. */
final class IntKey {
  private final int[] values;
  private final int hash;

  IntKey(int[] values) {
    this.values = values;
    this.hash = Arrays.hashCode(values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof IntKey key && Arrays.equals(values, key.values);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}

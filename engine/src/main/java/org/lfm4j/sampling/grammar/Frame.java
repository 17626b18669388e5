package org.lfm4j.sampling.grammar;

/**
 * A rule that waits for another to end.
 *
 * @param id tells it from all others of its grammar
 * @param returnTo where it goes on
 * @param parents the rules that wait for it in turn
 */
record Frame(int id, LocalState returnTo, ParentSet parents) {
  /** Below the root rule: when that ends, the output may end. */
  static final Frame BOTTOM = new Frame(0, LocalState.DEAD, new ParentSet(0, new Frame[0]));

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return id;
  }
}

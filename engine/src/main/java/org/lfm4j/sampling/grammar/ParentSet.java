package org.lfm4j.sampling.grammar;

/**
 * All the rules that may be waiting for one to end; several where the grammar is ambiguous so far.
 *
 * @param id tells it from all others of its grammar
 * @param frames in the order of their ids
 */
record ParentSet(int id, Frame[] frames) {
  /** Below the root rule. */
  static final ParentSet BOTTOM = new ParentSet(1, new Frame[] {Frame.BOTTOM});

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return id;
  }
}

package org.lfm4j.sampling.grammar;

/** A rule that waits for another to end. Interned by {@link Machine}. */
final class Frame {
  /** Below the root rule: when that ends, the output may end. */
  static final Frame BOTTOM = new Frame(0, LocalState.DEAD, new ParentSet(0, new Frame[0]));

  /** What waits for the root rule. */
  static final ParentSet BELOW_ROOT = new ParentSet(1, new Frame[] {BOTTOM});

  private final int id;
  private final LocalState returnTo;
  private final ParentSet parents;

  /**
   * Describes a frame.
   *
   * @param id tells it from all others of its grammar
   * @param returnTo where the rule goes on
   * @param parents the rules that wait for it in turn
   */
  Frame(int id, LocalState returnTo, ParentSet parents) {
    this.id = id;
    this.returnTo = returnTo;
    this.parents = parents;
  }

  int id() {
    return id;
  }

  LocalState returnTo() {
    return returnTo;
  }

  ParentSet parents() {
    return parents;
  }
}

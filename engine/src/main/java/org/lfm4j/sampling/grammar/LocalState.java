package org.lfm4j.sampling.grammar;

/**
 * Where one rule may be: a set of states of its automaton, all of them at once. Interned by {@link
 * LocalStates}, so that equal sets are the same object as a rule.
 */
final class LocalState {
  /** From here nothing is possible. */
  static final LocalState DEAD = new LocalState(0, new int[0], false, false, false);

  private final int id;
  private final int[] states;
  private final boolean accepting;
  private final boolean goesOn;
  private final boolean reads;

  /**
   * Describes a state.
   *
   * @param id tells it from all others of its grammar
   * @param states those that consume something, and the rule's end; ascending
   * @param accepting whether the rule may end here
   * @param goesOn whether there is a way on, be it only the call of another rule
   * @param reads whether that may be a byte or a control token
   */
  LocalState(int id, int[] states, boolean accepting, boolean goesOn, boolean reads) {
    this.id = id;
    this.states = states;
    this.accepting = accepting;
    this.goesOn = goesOn;
    this.reads = reads;
  }

  int id() {
    return id;
  }

  int[] states() {
    return states;
  }

  boolean accepting() {
    return accepting;
  }

  boolean goesOn() {
    return goesOn;
  }

  boolean reads() {
    return reads;
  }
}

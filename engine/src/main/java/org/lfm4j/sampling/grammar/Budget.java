package org.lfm4j.sampling.grammar;

/**
 * How much work one compilation may take, all its parts together: steps are counted, not
 * milliseconds, so that the same grammar always compiles or never does. Belongs to one thread.
 */
final class Budget {
  private static final long STEPS = 15_000_000;
  private static final ScopedValue<Budget> CURRENT = ScopedValue.newInstance();

  private long spent;

  private Budget() {}

  /** Does something within a budget of its own. */
  static <T> T within(ScopedValue.CallableOp<T, GrammarException> work) {
    return ScopedValue.where(CURRENT, new Budget()).call(work);
  }

  /** Spends steps of the current compilation, if there is one. */
  static void spend(long steps) {
    if (CURRENT.isBound()) {
      CURRENT.get().take(steps);
    }
  }

  private void take(long steps) {
    spent += steps;
    if (spent > STEPS) {
      throw new GrammarException(
          "the grammar takes more than %d steps to compile: make it smaller or simpler"
              .formatted(STEPS));
    }
  }
}

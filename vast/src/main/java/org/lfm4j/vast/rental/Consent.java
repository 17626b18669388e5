package org.lfm4j.vast.rental;

import java.util.function.Predicate;

/**
 * What somebody agreed to pay.
 *
 * @param dollars the total agreed to
 * @param again asks whether a dearer offer may be rented too; it costs what its {@code total} says
 */
public record Consent(double dollars, Predicate<Candidate> again) {
  /** What costs more than so many times what was agreed to needs another consent. */
  public static final double MOST_RISE = 1.25;

  /** Returns whether a total is near enough to what was agreed to. */
  boolean covers(double total) {
    return total <= dollars * MOST_RISE;
  }
}

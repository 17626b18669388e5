package org.lfm4j.vast.rental;

import java.util.Optional;
import org.lfm4j.vast.VastException;

/** Ends several things one after the other: one that stays does not save the others. */
public final class Tally {
  private int destroyed;
  private Optional<VastException> failure = Optional.empty();

  /** Nothing is ended yet. */
  public Tally() {}

  /** Ends something. */
  @FunctionalInterface
  public interface Work {
    /** Returns how many instances were destroyed. */
    int end() throws InterruptedException;
  }

  /** Ends one more. */
  public void add(Work work) throws InterruptedException {
    try {
      destroyed += work.end();
    } catch (VastException e) {
      failure = Optional.of(failure.orElse(e));
    }
  }

  /**
   * Returns how many instances were destroyed.
   *
   * @throws VastException the first failure, if there was one
   */
  public int result() {
    if (failure.isPresent()) {
      throw failure.get();
    }
    return destroyed;
  }
}

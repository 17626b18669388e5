package org.lfm4j.vast.rental;

/** Ends a rental that is not ready yet when the process that starts it dies. */
@FunctionalInterface
public interface Guard {
  /** Nobody watches. */
  Guard NONE = label -> () -> {};

  /** Watches a rental until the result is closed. */
  Watch watch(String label);

  /** A guard on duty. */
  @FunctionalInterface
  interface Watch extends AutoCloseable {
    /** Sends the guard away: the rental is ready, or ended. */
    @Override
    void close();
  }
}

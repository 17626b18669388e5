package org.lfm4j.vast.rental;

import java.time.Duration;

/** Is told how a rental goes. */
@FunctionalInterface
public interface Reporter {
  /**
   * Something happened, or is still waited for.
   *
   * @param elapsed since the rental was begun
   * @param dollars spent so far, estimated
   * @param message one line without secrets
   */
  void report(Duration elapsed, double dollars, String message);
}

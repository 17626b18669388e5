package org.lfm4j.vast.rental;

import java.time.Duration;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.VastException;

/**
 * Asks harmless questions again and again while Vast can't be reached or has errors of its own: an
 * outage must neither end what starts well nor leave behind what is to end.
 */
public final class Patience {
  private static final Duration FIRST_WAIT = Duration.ofSeconds(5);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  private final Timing timing;
  private final Duration limit;

  /** Asks for at most {@code limit} without an answer. */
  public Patience(Timing timing, Duration limit) {
    this.timing = timing;
    this.limit = limit;
  }

  /** A question. */
  @FunctionalInterface
  public interface Question<T> {
    /** Asks it once. */
    T ask() throws InterruptedException;
  }

  /**
   * Returns the answer; waits twice as long after each failure, up to a minute.
   *
   * @throws VastException what was last said, if it is a refusal or the time is over
   */
  public <T> T ask(Question<T> question) throws InterruptedException {
    Duration end = timing.uptime().plus(limit);
    Duration wait = FIRST_WAIT;
    while (true) {
      try {
        return question.ask();
      } catch (VastException e) {
        if (e.kind() != VastException.Kind.UNREACHABLE || timing.uptime().compareTo(end) >= 0) {
          throw e;
        }
      }
      timing.sleep(wait);
      wait = wait.multipliedBy(2);
      if (wait.compareTo(LONGEST_WAIT) > 0) {
        wait = LONGEST_WAIT;
      }
    }
  }
}

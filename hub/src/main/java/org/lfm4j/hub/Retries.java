package org.lfm4j.hub;

import java.time.Duration;

/** How often one task is tried again, and after which waits. Belongs to one thread. */
final class Retries {
  /** Failures in a row, without one byte of progress between them. */
  static final int MOST = 6;

  private static final Duration LONGEST_OWN_WAIT = Duration.ofSeconds(8);

  private final Pauses pauses;
  private final PullListener listener;
  private int failures;

  Retries(Pauses pauses, PullListener listener) {
    this.pauses = pauses;
    this.listener = listener;
  }

  /** Forgets failures: something went right. */
  void progress() {
    failures = 0;
  }

  /**
   * Waits before the next try.
   *
   * @throws HubException if there were too many
   */
  void pause(TransientFault fault) throws InterruptedException {
    failures++;
    if (failures >= MOST) {
      throw new HubException(
          "Gave up after %d tries: %s. Try again later; what was downloaded is kept."
              .formatted(failures, fault.getMessage()),
          fault);
    }
    Duration own = Duration.ofSeconds(1L << (failures - 1));
    Duration longest = own.compareTo(LONGEST_OWN_WAIT) > 0 ? LONGEST_OWN_WAIT : own;
    Duration wait = fault.askedWait().orElse(longest);
    if (fault.askedWait().isPresent()) {
      listener.notice(
          "%s: waiting %d s, as asked.".formatted(fault.getMessage(), wait.toSeconds()));
    }
    pauses.sleep(wait);
  }
}

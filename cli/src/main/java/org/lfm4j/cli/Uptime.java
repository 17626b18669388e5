package org.lfm4j.cli;

import java.time.Duration;
import java.time.Instant;

/** How long this process runs. */
final class Uptime {
  private Uptime() {}

  /** Returns the seconds since the process started. */
  static double seconds() {
    Instant now = Instant.now();
    Instant start = ProcessHandle.current().info().startInstant().orElse(now);
    return Duration.between(start, now).toMillis() / 1000.0;
  }
}

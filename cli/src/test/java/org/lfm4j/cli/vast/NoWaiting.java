package org.lfm4j.cli.vast;

import java.time.Duration;
import java.time.Instant;
import org.lfm4j.vast.Timing;

/** Clocks that jump instead of waiting. */
final class NoWaiting implements Timing {
  private Duration uptime = Duration.ZERO;

  @Override
  public synchronized Duration uptime() {
    return uptime;
  }

  @Override
  public synchronized Instant now() {
    return Instant.parse("2026-11-24T12:00:00Z").plus(uptime);
  }

  @Override
  public synchronized void sleep(Duration duration) {
    uptime = uptime.plus(duration);
  }
}

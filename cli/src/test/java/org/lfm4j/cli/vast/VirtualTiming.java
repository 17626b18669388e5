package org.lfm4j.cli.vast;

import java.time.Duration;
import java.time.Instant;
import org.lfm4j.vast.Timing;

/** Clocks that jump instead of waiting. The time of day may be wrong. */
final class VirtualTiming implements Timing {
  private final Duration skew;
  private Duration uptime = Duration.ZERO;

  VirtualTiming() {
    this(Duration.ZERO);
  }

  VirtualTiming(Duration skew) {
    this.skew = skew;
  }

  @Override
  public synchronized Duration uptime() {
    return uptime;
  }

  @Override
  public synchronized Instant now() {
    return Instant.parse("2026-11-24T12:00:00Z").plus(uptime).plus(skew);
  }

  @Override
  public synchronized void sleep(Duration duration) {
    uptime = uptime.plus(duration);
  }
}

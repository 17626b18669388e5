package org.lfm4j.vast;

import java.time.Duration;
import java.time.Instant;

/** Clocks in which waiting takes no time. The time of day may be wrong. */
public final class VirtualTiming implements Timing {
  private final Duration skew;
  private Duration uptime = Duration.ZERO;

  /** Clocks of which the time of day is wrong by {@code skew}. */
  public VirtualTiming(Duration skew) {
    this.skew = skew;
  }

  @Override
  public Duration uptime() {
    return uptime;
  }

  @Override
  public Instant now() {
    return trueTime().plus(skew);
  }

  /** Returns the right time of day. */
  public Instant trueTime() {
    return Instant.parse("2026-11-24T12:00:00Z").plus(uptime);
  }

  @Override
  public void sleep(Duration duration) {
    uptime = uptime.plus(duration);
  }
}

package org.lfm4j.server.auth;

/**
 * A budget per minute that fills up evenly and holds one minute's worth at most. It may be
 * overdrawn, since what an answer costs is known only afterwards. Thread-safe. Times are {@link
 * System#nanoTime}'s.
 */
final class RateBucket {
  private static final double NANOS_PER_MINUTE = 60e9;

  private final int perMinute;
  private double level;
  private long filledAt;

  RateBucket(int perMinute, long nowNanos) {
    this.perMinute = perMinute;
    this.level = perMinute;
    this.filledAt = nowNanos;
  }

  int perMinute() {
    return perMinute;
  }

  /**
   * Takes {@code amount} if as much is there.
   *
   * @return 0 if it was taken, else the whole seconds until it is there
   */
  synchronized int tryTake(int amount, long nowNanos) {
    fill(nowNanos);
    if (level >= amount) {
      level -= amount;
      return 0;
    }
    return secondsUntil(amount);
  }

  /** Returns 0 if anything is left, else the whole seconds until there is. */
  synchronized int secondsUntilPositive(long nowNanos) {
    fill(nowNanos);
    return level >= 1 ? 0 : secondsUntil(1);
  }

  /** Takes an amount that has been used already. */
  synchronized void charge(int amount, long nowNanos) {
    fill(nowNanos);
    level -= amount;
  }

  /** Returns what is left, at least 0. */
  synchronized int left(long nowNanos) {
    fill(nowNanos);
    return (int) Math.max(0, level);
  }

  private int secondsUntil(double amount) {
    return Math.max(1, (int) Math.ceil((amount - level) * 60 / perMinute));
  }

  private void fill(long nowNanos) {
    level = Math.min(perMinute, level + (nowNanos - filledAt) / NANOS_PER_MINUTE * perMinute);
    filledAt = nowNanos;
  }
}

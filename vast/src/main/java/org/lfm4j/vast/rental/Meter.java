package org.lfm4j.vast.rental;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.Timing;

/**
 * Counts what a start has cost so far: a disk from its creation, a GPU from when it runs, traffic
 * once. It measures time itself, since Vast's clock need not agree with ours.
 */
final class Meter {
  private static final double MILLIS_AN_HOUR = 3_600_000;

  private final Timing timing;
  private final Reporter reporter;
  private final Duration began;
  private double before;
  private Duration billed = Duration.ZERO;
  private @Nullable Candidate candidate;
  private Duration created = Duration.ZERO;
  private @Nullable Duration running;

  Meter(Timing timing, Reporter reporter) {
    this.timing = timing;
    this.reporter = reporter;
    this.began = timing.uptime();
  }

  /** An instance was made. */
  void created(Candidate rented) {
    candidate = rented;
    created = timing.uptime();
    running = null;
  }

  /** The instance is gone. */
  void ended() {
    before = dollars();
    billed = billed();
    candidate = null;
  }

  /** Returns how long there were instances so far. */
  Duration billed() {
    return candidate == null ? billed : billed.plus(timing.uptime().minus(created));
  }

  /** Says something, and what was spent. */
  void report(boolean runs, String message) {
    if (runs && running == null) {
      running = timing.uptime();
    }
    reporter.report(timing.uptime().minus(began), dollars(), message);
  }

  /** Returns what was spent so far, estimated. */
  double dollars() {
    if (candidate == null) {
      return before;
    }
    Duration now = timing.uptime();
    double gpu = running == null ? 0 : hours(running, now) * candidate.gpuDollarsPerHour();
    double traffic = running == null ? 0 : candidate.trafficDollars();
    return before + gpu + hours(created, now) * candidate.diskDollarsPerHour() + traffic;
  }

  private static double hours(Duration from, Duration to) {
    return to.minus(from).toMillis() / MILLIS_AN_HOUR;
  }
}

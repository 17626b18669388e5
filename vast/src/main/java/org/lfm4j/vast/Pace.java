package org.lfm4j.vast;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** Keeps calls of a kind as far apart as Vast wants them. */
final class Pace {
  private final Timing timing;
  private final Map<Endpoint, Duration> free = new EnumMap<>(Endpoint.class);

  Pace(Timing timing) {
    this.timing = timing;
  }

  /** Waits for this kind's turn and takes it. */
  void await(Endpoint endpoint) throws InterruptedException {
    Duration wait = take(endpoint);
    if (wait.isPositive()) {
      timing.sleep(wait);
    }
  }

  private synchronized Duration take(Endpoint endpoint) {
    Duration now = timing.uptime();
    Duration turn = free.getOrDefault(endpoint, now);
    if (turn.compareTo(now) < 0) {
      turn = now;
    }
    free.put(endpoint, turn.plus(endpoint.spacing()));
    return turn.minus(now);
  }

  /** Lets no call of this kind through for a while. */
  synchronized void hold(Endpoint endpoint, Duration duration) {
    free.put(endpoint, timing.uptime().plus(duration));
  }
}

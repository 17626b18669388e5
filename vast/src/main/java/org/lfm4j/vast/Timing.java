package org.lfm4j.vast;

import java.time.Duration;
import java.time.Instant;

/** The two clocks, and waiting. A seam for tests, in which hours pass at once. */
public interface Timing {
  /** The clocks of this machine. */
  Timing SYSTEM =
      new Timing() {
        @Override
        public Duration uptime() {
          return Duration.ofNanos(System.nanoTime());
        }

        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
          Thread.sleep(duration);
        }
      };

  /** Returns a reading of a clock that nobody sets: only differences mean anything. */
  Duration uptime();

  /** Returns the time of day. */
  Instant now();

  /** Waits. */
  void sleep(Duration duration) throws InterruptedException;
}

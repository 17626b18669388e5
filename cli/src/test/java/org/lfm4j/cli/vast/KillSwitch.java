package org.lfm4j.cli.vast;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.Transport;

/** Ends a client as kill -9 does: from a given step on nothing it does has an effect. */
final class KillSwitch {
  private int steps;

  /** The client is dead. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Kills at this step; a step is a call or a wait. */
  KillSwitch(int steps) {
    this.steps = steps;
  }

  private void step() {
    if (steps <= 0) {
      throw new Killed();
    }
    steps--;
  }

  private void requireAlive() {
    if (steps <= 0) {
      throw new Killed();
    }
  }

  Transport over(Transport transport) {
    return call -> {
      step();
      Transport.Reply reply;
      try {
        reply = transport.send(call);
      } catch (IOException e) {
        requireAlive();
        throw e;
      }
      requireAlive();
      return reply;
    };
  }

  Timing over(Timing timing) {
    return new Timing() {
      @Override
      public Duration uptime() {
        return timing.uptime();
      }

      @Override
      public Instant now() {
        return timing.now();
      }

      @Override
      public void sleep(Duration duration) throws InterruptedException {
        step();
        timing.sleep(duration);
        requireAlive();
      }
    };
  }
}

package org.lfm4j.cli.vast;

import java.util.Random;
import org.lfm4j.cli.vast.SimulatedHost.Fate;

/** What goes wrong, and how often; drawn from a seed. */
final class Faults {
  private final Random random;
  private final double rate;

  /** Nothing goes wrong. */
  static Faults none() {
    return new Faults(new Random(0), 0);
  }

  Faults(Random random, double rate) {
    this.random = random;
    this.rate = rate;
  }

  Random random() {
    return random;
  }

  boolean happens(double share) {
    return random.nextDouble() < rate * share;
  }

  Fate fate() {
    if (!happens(2)) {
      return Fate.GOOD;
    }
    Fate[] fates = Fate.values();
    return fates[1 + random.nextInt(fates.length - 1)];
  }
}

package org.lfm4j.hub;

import java.time.Duration;

/** Waits; tests only write down how long. */
@FunctionalInterface
interface Pauses {
  Pauses REAL = Thread::sleep;

  void sleep(Duration duration) throws InterruptedException;
}

package org.lfm4j.server;

import java.lang.System.Logger.Level;
import java.time.Duration;

/** Does a small task again and again, on a thread of its own, until it is closed. */
final class Housekeeping implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Housekeeping.class.getName());

  private final Thread thread;

  private Housekeeping(Duration period, Runnable task) {
    thread = Thread.ofVirtual().name("lfm-housekeeping").start(() -> run(period, task));
  }

  static Housekeeping every(Duration period, Runnable task) {
    return new Housekeeping(period, task);
  }

  private static void run(Duration period, Runnable task) {
    try {
      while (true) {
        Thread.sleep(period);
        try {
          task.run();
        } catch (RuntimeException e) {
          LOG.log(Level.ERROR, "A check failed", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}

package org.lfm4j.cli.vast;

import java.util.concurrent.CountDownLatch;

/**
 * Turns Ctrl-C and SIGTERM into an interrupt of a thread, and holds the process until that thread
 * has cleaned up.
 */
final class Interruption implements AutoCloseable {
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook;

  private Interruption(Thread working) {
    hook =
        new Thread(
            () -> {
              working.interrupt();
              try {
                done.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "lfm-vast-interrupt");
  }

  /** Watches for signals from now on. */
  static Interruption ofThisThread() {
    Interruption interruption = new Interruption(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** There is nothing to clean up any more. */
  void dismiss() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // A signal came just now, too late to stop anything.
    }
  }

  @Override
  public void close() {
    dismiss();
    done.countDown();
  }
}

package org.lfm4j.vast.rental;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Work that an interrupt must not cut short, as it would leave something behind that is billed. */
final class Unstoppable {
  private Unstoppable() {}

  /** What is to be done. */
  @FunctionalInterface
  interface Work<T> {
    /** Does it. */
    T run() throws InterruptedException;
  }

  /**
   * Does the work to its end in a thread that nobody can interrupt. An interrupt of the calling
   * thread meanwhile is put off until then.
   */
  static <T> T run(Work<T> work) {
    FutureTask<T> task = new FutureTask<>(work::run);
    Thread.ofPlatform().name("lfm-vast-unstoppable").start(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

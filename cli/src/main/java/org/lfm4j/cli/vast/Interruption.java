package org.lfm4j.cli.vast;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jline.utils.Signals;

/**
 * Keeps Ctrl-C, SIGTERM and SIGHUP from leaving something behind that is billed. The first one
 * interrupts the work that may be given up; whatever ends a rental goes on, and every further
 * signal says what remains and how else it can be ended.
 */
final class Interruption implements AutoCloseable {
  /** What shells report for a process ended by a signal. */
  private static final Map<String, Integer> STATUS =
      Map.of("HUP", 129, "INT", Exit.INTERRUPTED, "TERM", 143);

  private final Map<String, Object> before = new LinkedHashMap<>();
  private final CountDownLatch done = new CountDownLatch(1);
  private final AtomicInteger status = new AtomicInteger();
  private final PrintWriter err;
  private final Supplier<String> remaining;
  private final Runnable giveUp;
  private final Thread hook;

  private Interruption(PrintWriter err, Supplier<String> remaining, Runnable giveUp) {
    this.err = err;
    this.remaining = remaining;
    this.giveUp = giveUp;
    this.hook = new Thread(this::shutdown, "lfm-vast-interrupt");
  }

  /** Signals interrupt this thread, whose work ends what was rented. */
  static Interruption ofThisThread(PrintWriter err, Supplier<String> remaining) {
    return new Interruption(err, remaining, Thread.currentThread()::interrupt).watch();
  }

  /** Signals do not stop what this thread does: it ends rentals. */
  static Interruption none(PrintWriter err, Supplier<String> remaining) {
    return new Interruption(err, remaining, () -> {}).watch();
  }

  private Interruption watch() {
    STATUS.forEach((name, code) -> {
      Object handler = Signals.register(name, () -> signal(code));
      if (handler != null) {
        before.put(name, handler);
      }
    });
    Runtime.getRuntime().addShutdownHook(hook);
    return this;
  }

  /** What a signal does; {@code code} is the status it asks for. */
  void signal(int code) {
    if (status.compareAndSet(0, code)) {
      giveUp.run();
      err.println("lfm vast: interrupted; ends what was rented, and waits until Vast confirms it.");
    } else {
      err.println("lfm vast: still at it, and it goes on. " + remaining.get());
    }
    err.flush();
  }

  /**
   * Where signals can't be caught, or something else ends the process: holds it until all is done.
   */
  private void shutdown() {
    giveUp.run();
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the exit status: that of the first signal, or {@code otherwise} if there was none. */
  int status(int otherwise) {
    return status.get() == 0 ? otherwise : status.get();
  }

  @Override
  public void close() {
    before.forEach(Signals::unregister);
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process ends just now, too late to stop anything.
    }
    done.countDown();
  }
}

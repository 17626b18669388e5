package org.lfm4j.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.jline.utils.Signals;

/**
 * Waits for somebody to ask the process to stop: Ctrl-C, SIGTERM or SIGHUP. The first asks; a
 * second one, while things still end, ends the process at once.
 */
final class StopSignals implements AutoCloseable {
  /** What shells report for a process ended by a signal. */
  private static final Map<String, Integer> STATUS = Map.of("HUP", 129, "INT", 130, "TERM", 143);

  private final Map<String, Object> before = new LinkedHashMap<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final AtomicInteger status = new AtomicInteger();
  private final IntConsumer halt;

  /** Takes over the process's signals. */
  StopSignals(IntConsumer halt) {
    this.halt = halt;
    STATUS.forEach((name, code) -> {
      Object handler = Signals.register(name, () -> signal(code));
      if (handler != null) {
        before.put(name, handler);
      }
    });
  }

  /** What a signal does; {@code code} is the status it asks for. */
  void signal(int code) {
    if (status.compareAndSet(0, code)) {
      asked.countDown();
    } else {
      halt.accept(code);
    }
  }

  /** Waits for the first signal and returns the status to exit with. */
  int await() throws InterruptedException {
    asked.await();
    return status.get();
  }

  /** Gives the signals back. */
  @Override
  public void close() {
    before.forEach(Signals::unregister);
  }
}

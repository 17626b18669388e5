package org.lfm4j.cli;

import java.io.Console;
import java.io.PrintStream;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.lfm4j.hub.HubSettings;
import org.lfm4j.hub.PullListener;

/**
 * Shows a transfer on standard error: a line that changes at a terminal, notices only elsewhere.
 */
final class PullProgress implements PullListener, AutoCloseable {
  private static final long PERIOD_MILLIS = 200;
  private static final String ERASE_LINE = "\r\u001b[K";

  private final String name;
  private final boolean live;
  private final PrintStream err;
  private final AtomicLong found = new AtomicLong();
  private final AtomicLong transferred = new AtomicLong();
  private @Nullable Thread ticker;

  PullProgress(String name, boolean live, PrintStream err) {
    this.name = name;
    this.live = live;
    this.err = err;
  }

  /** Returns one for this process. */
  static PullProgress of(String name, HubSettings settings) {
    boolean terminal =
        Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    // Without the organisation the line fits into 80 columns.
    String shown = name.substring(name.lastIndexOf('/') + 1);
    return new PullProgress(shown, terminal && settings.progressBars(), System.err);
  }

  @Override
  public synchronized void started(int files, long bytes) {
    if (live) {
      ProgressLine line = new ProgressLine(name, bytes, System.nanoTime());
      ticker = Thread.ofVirtual().start(() -> tick(line));
    }
  }

  private void tick(ProgressLine line) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        show(line);
        Thread.sleep(PERIOD_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void show(ProgressLine line) {
    if (ticker != null) {
      long now = transferred.get();
      err.print(ERASE_LINE + line.at(found.get() + now, now, System.nanoTime()));
      err.flush();
    }
  }

  @Override
  public void found(long bytes) {
    found.addAndGet(bytes);
  }

  @Override
  public void transferred(long bytes) {
    transferred.addAndGet(bytes);
  }

  @Override
  public synchronized void notice(String message) {
    err.println((ticker == null ? "" : ERASE_LINE) + "lfm: " + message);
  }

  @Override
  public void finished() {
    close();
  }

  /** Takes the line away. */
  @Override
  public synchronized void close() {
    if (ticker != null) {
      ticker.interrupt();
      ticker = null;
      err.print(ERASE_LINE);
      err.flush();
    }
  }
}

package org.lfm4j.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** How far a batch is: a bar on a terminal, and a summary. Thread-safe. */
final class BatchProgress {
  private static final int WIDTH = 30;
  private static final long REDRAW_NANOS = 100_000_000;

  private final PrintWriter out;
  private final boolean live;
  private int total;
  private int answered;
  private int failed;
  private long tokens;
  private long started = System.nanoTime();
  private long drawn;

  /** Progress of a run; {@code live} draws a bar. */
  BatchProgress(PrintWriter out, boolean live) {
    this.out = out;
    this.live = live;
  }

  /** Returns whether there is a terminal to draw on. */
  static boolean live() {
    return Stream.ofNullable(System.console()).anyMatch(Console::isTerminal);
  }

  /** Begins a run of so many requests. */
  synchronized void start(int requests) {
    total = requests;
    started = System.nanoTime();
    draw();
  }

  /** Counts an answer. */
  synchronized void answered(boolean ok, int completionTokens) {
    answered++;
    tokens += completionTokens;
    if (!ok) {
      failed++;
    }
    if (answered == total || System.nanoTime() - drawn > REDRAW_NANOS) {
      draw();
    }
  }

  /** Leaves the bar's line. */
  synchronized void end() {
    if (live) {
      out.println();
      out.flush();
    }
  }

  private void draw() {
    drawn = System.nanoTime();
    if (live) {
      out.print("\r" + bar() + "\u001b[K");
      out.flush();
    }
  }

  /** Returns the bar as text. */
  synchronized String bar() {
    int filled = total == 0 ? WIDTH : (int) ((long) WIDTH * answered / total);
    double left = answered == 0 ? 0 : seconds() / answered * (total - answered);
    return String.format(
        Locale.ROOT,
        "[%s%s] %d/%d, %d failed, %.0f tokens/s, %d:%02d left",
        "#".repeat(filled),
        ".".repeat(WIDTH - filled),
        answered,
        total,
        failed,
        tokens / Math.max(seconds(), 1e-9),
        (int) left / 60,
        (int) left % 60);
  }

  /** Returns what was done, in one line. */
  synchronized String summary(int doneBefore, Path output) {
    return String.format(
        Locale.ROOT,
        "%d requests answered, %d of them with errors; %d were answered before; %d tokens in %.1f s. Answers are in %s.",
        answered,
        failed,
        doneBefore,
        tokens,
        seconds(),
        output);
  }

  private double seconds() {
    return (System.nanoTime() - started) / 1e9;
  }
}

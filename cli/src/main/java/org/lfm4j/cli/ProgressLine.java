package org.lfm4j.cli;

import java.util.Locale;
import org.lfm4j.hub.Sizes;

/** How far a transfer is: bytes, rate and time left, as one line. Not thread-safe. */
final class ProgressLine {
  /** The rate is that of about the last five seconds. */
  private static final double MEMORY_SECONDS = 5;

  private final String name;
  private final long total;
  private long lastNanos;
  private long lastTransferred;
  private double rate;

  /** A transfer that starts now. */
  ProgressLine(String name, long total, long nanos) {
    this.name = name;
    this.total = total;
    this.lastNanos = nanos;
  }

  /**
   * Returns the line.
   *
   * @param done bytes that are there
   * @param transferred those of them that came since the start
   * @param nanos now
   */
  String at(long done, long transferred, long nanos) {
    double seconds = (nanos - lastNanos) / 1e9;
    if (seconds > 0) {
      double now = Math.max(0, transferred - lastTransferred) / seconds;
      double weight = lastTransferred == 0 ? 1 : 1 - Math.exp(-seconds / MEMORY_SECONDS);
      rate += weight * (now - rate);
      lastNanos = nanos;
      lastTransferred = transferred;
    }
    long percent = total == 0 ? 100 : 100 * done / total;
    return String.format(
        Locale.ROOT,
        "%s  %s of %s  %d %%  %s/s  %s",
        name,
        Sizes.of(done),
        Sizes.of(total),
        percent,
        Sizes.of(Math.round(rate)),
        rate < 1 ? "waiting" : left((total - done) / rate));
  }

  private static String left(double seconds) {
    long all = Math.round(seconds);
    if (all < 60) {
      return all + " s left";
    }
    return all < 3600
        ? "%d min %d s left".formatted(all / 60, all % 60)
        : "%d h %d min left".formatted(all / 3600, all % 3600 / 60);
  }
}

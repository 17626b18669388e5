package org.lfm4j.cli.vast;

import java.io.PrintWriter;
import java.time.Duration;
import org.lfm4j.vast.rental.Reporter;

/** Prints progress, a line for each change and one a minute in between. */
final class ProgressLines implements Reporter {
  private static final Duration SAME_AGAIN = Duration.ofMinutes(1);

  private final PrintWriter out;
  private final boolean quiet;
  private String last = "";
  private Duration printed = Duration.ZERO;

  ProgressLines(PrintWriter out, boolean quiet) {
    this.out = out;
    this.quiet = quiet;
  }

  @Override
  public void report(Duration elapsed, double dollars, String message) {
    if (quiet || (message.equals(last) && elapsed.minus(printed).compareTo(SAME_AGAIN) < 0)) {
      return;
    }
    last = message;
    printed = elapsed;
    out.println(
        "%2d:%02d  %s  %s"
            .formatted(
                elapsed.toMinutes(), elapsed.toSecondsPart(), Money.dollars(dollars), message));
    out.flush();
  }
}

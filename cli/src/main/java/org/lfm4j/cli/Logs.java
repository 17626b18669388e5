package org.lfm4j.cli;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What is logged, and how: one line each on standard error, without the HTTP library's chatter. */
final class Logs {
  /** Held here because unreferenced loggers forget their level. */
  private static final List<Logger> QUIET =
      List.of(Logger.getLogger("io.helidon"), Logger.getLogger("org.jline"));

  private Logs() {}

  /** Sets levels and format; call it before anything logs. */
  static void configure() {
    if (System.getProperty("java.util.logging.SimpleFormatter.format") == null) {
      System.setProperty(
          "java.util.logging.SimpleFormatter.format", "%1$tH:%1$tM:%1$tS %4$s %5$s%6$s%n");
    }
    QUIET.forEach(logger -> logger.setLevel(Level.WARNING));
  }
}

package org.lfm4j.cli;

import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What is logged, and how: one line each on standard error, without the HTTP library's chatter. */
final class Logs {
  /** Held here because unreferenced loggers forget their level. */
  private static final List<Logger> QUIET =
      List.of(Logger.getLogger("io.helidon"), Logger.getLogger("org.jline"));

  private static final Logger OURS = Logger.getLogger("org.lfm4j");

  private Logs() {}

  /** Sets levels and format; call it before anything logs. */
  static void configure() {
    configure(Level.INFO);
  }

  /** The same, and logs from {@code least} on. */
  static void configure(Level least) {
    if (System.getProperty("java.util.logging.SimpleFormatter.format") == null) {
      System.setProperty(
          "java.util.logging.SimpleFormatter.format", "%1$tH:%1$tM:%1$tS %4$s %5$s%6$s%n");
    }
    OURS.setLevel(least);
    // What is finer than INFO has to pass the handlers too.
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.setLevel(least.intValue() < Level.INFO.intValue() ? least : Level.INFO);
    }
    QUIET.forEach(logger -> logger.setLevel(Level.WARNING));
  }
}

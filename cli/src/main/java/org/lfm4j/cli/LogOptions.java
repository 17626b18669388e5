package org.lfm4j.cli;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import picocli.CommandLine.Option;

/** How much is logged. */
@Section("Logging")
final class LogOptions {
  private static final Map<String, Level> LEVELS =
      Map.of(
          "trace", Level.FINEST,
          "debug", Level.FINE,
          "info", Level.INFO,
          "warning", Level.WARNING,
          "error", Level.SEVERE,
          "critical", Level.SEVERE);

  @Option(
      names = {"--log-level", "--uvicorn-log-level"},
      paramLabel = "LEVEL",
      defaultValue = "info",
      description =
          "Least important messages to log: trace, debug, info, warning, error or critical. Default: info.")
  private String level = "info";

  /**
   * Returns the level.
   *
   * @throws CliException if there is none of that name
   */
  Level level() {
    Level known = LEVELS.get(level);
    if (known == null) {
      Set<String> names = new TreeSet<>(LEVELS.keySet());
      throw new CliException(
          "--log-level must be one of %s, got %s.".formatted(String.join(", ", names), level));
    }
    return known;
  }
}

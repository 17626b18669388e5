package org.lfm4j.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The file that {@link FlagSources} reads flags from. */
@Section("Configuration")
final class ConfigOptions {
  // FlagSources reads it from the command line, before there are fields.
  @SuppressWarnings("UnusedVariable")
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "YAML file of flags, like port: 8000. Each flag can also be set by a variable, like LFM_PORT. Flags win over variables, variables over the file.")
  private @Nullable Path file;
}

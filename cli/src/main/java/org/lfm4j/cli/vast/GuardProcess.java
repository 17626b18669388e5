package org.lfm4j.cli.vast;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Guard;

/**
 * Starts {@link GuardCommand} in a process that outlives this one. It ignores Ctrl-C and a closed
 * terminal; its input is a pipe that the system closes when this process is gone.
 */
final class GuardProcess implements Guard {
  private static final String IGNORE_SIGNALS = "trap '' INT HUP; exec \"$@\"";

  private final Map<String, String> environment;

  /** The guard gets these variables besides those of this process. */
  GuardProcess(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Watch watch(String label) {
    Process process = start(label);
    return () -> {
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        process.destroy();
      }
    };
  }

  private Process start(String label) {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(Path.of("/bin/sh"))) {
      command.addAll(List.of("/bin/sh", "-c", IGNORE_SIGNALS, "lfm-vast-guard"));
    }
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xrs",
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "org.lfm4j.cli.Lfm",
            "vast",
            "guard",
            label));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new VastException(
          VastException.Kind.INVALID,
          "The process that would end the rental if this one dies can't be started (%s); nothing was rented."
              .formatted(e.getMessage()),
          e);
    }
  }
}

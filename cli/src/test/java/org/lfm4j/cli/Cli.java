package org.lfm4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.lfm4j.LoadOptions;
import picocli.CommandLine;

/** The command line over an {@link EchoModel}, with its output kept. */
final class Cli {
  final EchoModel model = new EchoModel();
  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();
  volatile Path loaded = Path.of("");
  volatile LoadOptions options = LoadOptions.DEFAULT;
  private final CommandLine command =
      Lfm.commandLine(
              (directory, with, progress) -> {
                loaded = directory;
                options = with;
                return model;
              })
          .setOut(new PrintWriter(out, true))
          .setErr(new PrintWriter(err, true));

  int run(String... arguments) {
    return command.execute(arguments);
  }
}

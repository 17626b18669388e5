package org.lfm4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.hub.Hub;
import org.lfm4j.hub.HubSettings;
import picocli.CommandLine;

/** The command line over an {@link EchoModel}, with its output kept. */
final class Cli {
  final EchoModel model = new EchoModel();
  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();
  volatile Path loaded = Path.of("");
  volatile LoadOptions options = LoadOptions.DEFAULT;
  private final CommandLine command;

  Cli() {
    this(new Hub(HubSettings.fromEnvironment(Map.of("HF_HUB_OFFLINE", "1"), Path.of("nowhere"))));
  }

  Cli(Hub hub) {
    ModelLoader loader =
        new ModelLoader() {
          @Override
          public LanguageModel load(Path directory, LoadOptions with, Consumer<String> progress) {
            loaded = directory;
            options = with;
            return model;
          }

          @Override
          public Hub hub() {
            return hub;
          }
        };
    command =
        Lfm.commandLine(loader)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true));
  }

  int run(String... arguments) {
    return command.execute(arguments);
  }
}

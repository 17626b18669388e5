package org.lfm4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.Server;
import org.lfm4j.server.model.ServedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code lfm self-test}: loads a model, serves one request to itself and stops. The launcher trains
 * its start-up cache with it.
 */
@Command(
    name = "self-test",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    hidden = true,
    description = "Loads a model, serves one request to itself and stops.")
final class SelfTestCommand implements Callable<Integer> {
  private static final String REQUEST =
      """
      {"messages": [{"role": "user", "content": "What is 37 + 48?"}], "temperature": 0,
       "max_tokens": 16}\
      """;

  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelOptions model = new ModelOptions();

  SelfTestCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Logs.configure();
    ServedModel served = new ServedModel(List.of(model.name()), model.name());
    try (Server server = Server.start("127.0.0.1", 0, served);
        LanguageModel loaded =
            loader.load(model.path(loader), model.loadOptions(), progress -> {})) {
      served.ready(loaded);
      spec.commandLine().getOut().println(ModelSummary.of(loaded, model.name()));
      spec.commandLine().getOut().println(chat(server.port()));
      get(server.port(), "/metrics");
      Lfm.commandLine(loader).usage(spec.commandLine().getOut());
      spec.commandLine().getOut().flush();
      return 0;
    }
  }

  private static void get(int port, String path) throws IOException {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(port, path));
    URLConnection connection = uri.toURL().openConnection();
    connection.setRequestProperty("Connection", "close");
    try (InputStream in = connection.getInputStream()) {
      in.readAllBytes();
    }
  }

  private static String chat(int port) throws IOException {
    URI uri = URI.create("http://127.0.0.1:%d/v1/chat/completions".formatted(port));
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setRequestProperty("Content-Type", "application/json");
    connection.setRequestProperty("Connection", "close");
    connection.setDoOutput(true);
    connection.getOutputStream().write(REQUEST.getBytes(StandardCharsets.UTF_8));
    if (connection.getResponseCode() != 200) {
      throw new CliException("The server answered with status " + connection.getResponseCode());
    }
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

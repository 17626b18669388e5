package org.lfm4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfm4j.LanguageModel;
import org.lfm4j.ModelQuantiser;
import org.lfm4j.checkpoint.gguf.GgufMix;
import org.lfm4j.server.Server;
import org.lfm4j.server.model.ServedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code lfm self-test}: loads a model, serves requests to itself and stops; then the same with the
 * model as a file in GGUF. The launcher trains its start-up cache with it.
 */
@Command(
    name = "self-test",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    hidden = true,
    description = "Loads a model, serves requests to itself and stops.")
final class SelfTestCommand implements Callable<Integer> {
  private static final String CHAT =
      """
      {"messages": [{"role": "user", "content": "What is 37 + 48?"}], "temperature": 0,
       "max_tokens": 16}\
      """;

  private static final String STREAM =
      """
      {"prompt": "What is 37 + 48?", "temperature": 0, "max_tokens": 16, "stream": true}\
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
    Path path = model.path(loader);
    serve(path);
    if (Files.isDirectory(path)) {
      Path file = Files.createTempFile("lfm-self-test", ".gguf");
      try {
        ModelQuantiser.quantise(path, GgufMix.Q8_0, file);
        serve(file);
      } finally {
        Files.delete(file);
      }
    }
    Lfm.commandLine(loader).usage(spec.commandLine().getOut());
    spec.commandLine().getOut().flush();
    return 0;
  }

  private void serve(Path path) throws IOException {
    ServedModel served = new ServedModel(List.of(model.name()), model.name());
    try (Server server = Server.start("127.0.0.1", 0, served);
        LanguageModel loaded = loader.load(path, model.loadOptions(), progress -> {})) {
      served.ready(loaded);
      PrintWriter out = spec.commandLine().getOut();
      out.println(ModelSummary.of(loaded, model.name()));
      out.println(post(server.port(), "/v1/chat/completions", CHAT));
      out.println(post(server.port(), "/v1/completions", STREAM));
      get(server.port(), "/metrics");
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

  private static String post(int port, String path, String body) throws IOException {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(port, path));
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setRequestProperty("Content-Type", "application/json");
    connection.setRequestProperty("Connection", "close");
    connection.setDoOutput(true);
    connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    if (connection.getResponseCode() != 200) {
      throw new CliException("The server answered with status " + connection.getResponseCode());
    }
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

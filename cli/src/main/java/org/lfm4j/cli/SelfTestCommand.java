package org.lfm4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.lfm4j.ModelQuantiser;
import org.lfm4j.checkpoint.gguf.GgufMix;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code lfm self-test}: serves a model, sends requests to itself and stops; chats; then serves the
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

  private static final int HEALTH_MILLIS = 10;

  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelOptions model = new ModelOptions();

  SelfTestCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path path = model.path(loader);
    serve(path);
    run("chat", path.toString(), "-p", "What is 37 + 48?", "--max-tokens", "4");
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

  private void run(String... command) {
    int status = Lfm.commandLine(loader).execute(command);
    if (status != 0) {
      throw new CliException(
          "lfm %s ended with status %d".formatted(String.join(" ", command), status));
    }
  }

  /** Runs the real command, so that the cache holds what it does, and ends it. */
  private void serve(Path path) throws IOException, InterruptedException {
    int port = freePort();
    Thread serving =
        Thread.ofPlatform()
            .name("lfm-serve")
            .start(() ->
                Lfm.commandLine(loader)
                    .execute(
                        "serve",
                        path.toString(),
                        "--host",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(port)));
    try {
      awaitHealth(port, serving);
      PrintWriter out = spec.commandLine().getOut();
      out.println(post(port, "/v1/chat/completions", CHAT));
      out.println(post(port, "/v1/completions", STREAM));
      get(port, "/metrics");
    } finally {
      serving.interrupt();
      serving.join();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void awaitHealth(int port, Thread serving) throws InterruptedException {
    while (serving.isAlive()) {
      try {
        get(port, "/health");
        return;
      } catch (IOException e) {
        Thread.sleep(HEALTH_MILLIS);
      }
    }
    throw new CliException("lfm serve ended by itself: see what it printed above.");
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

package org.lfm4j.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.lfm4j.hub.Hub;
import org.lfm4j.hub.HubSettings;

/** The least that a Hub can be: one repository of one file. The hub module tests the protocol. */
final class TinyHub implements AutoCloseable {
  static final String MODEL = "LiquidAI/Tiny";
  static final String COMMIT = "c".repeat(40);

  /** git hash-object of the file's "{}". */
  private static final String BLOB = "9e26dfeeb6e641a33dae4961196235bdb965b21b";

  private final HttpServer server;

  TinyHub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    Map<String, String> answers =
        Map.of(
            "/api/models/%s/revision/main".formatted(MODEL),
            "{\"id\": \"%s\", \"sha\": \"%s\"}".formatted(MODEL, COMMIT),
            "/api/models/%s/tree/%s".formatted(MODEL, COMMIT),
            "[%s, %s]".formatted(file("config.json"), file("model.safetensors")),
            "/%s/resolve/%s/config.json".formatted(MODEL, COMMIT),
            "{}",
            "/%s/resolve/%s/model.safetensors".formatted(MODEL, COMMIT),
            "{}");
    server.createContext(
        "/", exchange -> answer(exchange, answers.get(exchange.getRequestURI().getPath())));
    server.start();
  }

  private static String file(String path) {
    return "{\"type\": \"file\", \"path\": \"%s\", \"size\": 2, \"oid\": \"%s\"}"
        .formatted(path, BLOB);
  }

  private static void answer(HttpExchange exchange, String body) throws IOException {
    try (exchange) {
      if (body == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(200, head ? -1 : body.length());
      if (!head) {
        exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  Hub client(Path cache) {
    return new Hub(
        new HubSettings(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
            cache,
            Optional.empty(),
            false,
            true,
            true,
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            2));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

package org.lfm4j.vast.rental;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The start script, whose time is over at once and whose waits are empty, against a false Vast. */
@EnabledOnOs(OS.LINUX)
@Timeout(300)
class DeadManSwitchTest {
  private static final int REFUSALS = 6;

  @TempDir Path directory;

  private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
  private HttpServer server;
  private @Nullable Process process;
  private volatile int status = 200;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/api/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (process != null) {
      try (Stream<ProcessHandle> children = process.descendants()) {
        List<ProcessHandle> all = children.toList();
        process.destroyForcibly().waitFor();
        all.forEach(ProcessHandle::destroyForcibly);
      }
    }
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    calls.add(
        "%s %s %s %s"
            .formatted(
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                exchange.getRequestHeaders().getFirst("Authorization"),
                body));
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private void script(UnaryOperator<Map<String, String>> change) throws IOException {
    Path script = Files.writeString(directory.resolve("onstart.sh"), Startup.script());
    Map<String, String> variables = new HashMap<>();
    variables.put("RENTAL_VAST_URL", "http://127.0.0.1:" + server.getAddress().getPort());
    variables.put("RENTAL_STATE", directory.resolve("state").toString());
    variables.put("RENTAL_HOME", directory.resolve("home").toString());
    variables.put("RENTAL_LOG", Files.createFile(directory.resolve("log")).toString());
    variables.put("RENTAL_DIST_URL", directory.resolve("nothing").toUri().toString());
    variables.put("RENTAL_MAX_SECONDS", "0");
    variables.put("RENTAL_TICK", "0");
    variables.put("CONTAINER_ID", "77");
    variables.put("CONTAINER_API_KEY", "instance-key");
    ProcessBuilder builder = new ProcessBuilder("bash", script.toString());
    builder.environment().putAll(change.apply(variables));
    process =
        builder.redirectErrorStream(true).redirectOutput(directory.resolve("out").toFile()).start();
  }

  private static final String DESTROY = "DELETE /api/v0/instances/77/ Bearer instance-key {}";

  @Test
  void itDestroysItsInstance() throws Exception {
    script(variables -> variables);
    assertThat(calls.take()).isEqualTo(DESTROY);
  }

  @Test
  void itGoesOnUntilVastDoesAndStopsAsTheLastResortOnly() throws Exception {
    status = 502;
    script(variables -> variables);
    for (int i = 0; i < REFUSALS; i++) {
      assertThat(calls.take()).isEqualTo(DESTROY);
    }
    assertThat(calls.take())
        .isEqualTo("PUT /api/v0/instances/77/ Bearer instance-key {\"state\": \"stopped\"}");
    assertThat(calls.take()).isEqualTo(DESTROY);
  }

  @Test
  void neitherAMissingDirectoryNorDamagedFilesDisarmIt() throws Exception {
    Path state = Files.createDirectories(directory.resolve("state"));
    Files.writeString(state.resolve("began"), "");
    Files.writeString(state.resolve("seconds"), "no number");
    script(variables -> variables);
    assertThat(calls.take()).isEqualTo(DESTROY);
    stop();
    start();
    calls.clear();
    Files.delete(directory.resolve("log"));
    script(variables -> {
      variables.put("RENTAL_STATE", "/dev/null/state");
      return variables;
    });
    assertThat(calls.take()).isEqualTo(DESTROY);
  }

  @Test
  void withoutAKeyItServesNothing() throws Exception {
    script(variables -> {
      variables.remove("CONTAINER_API_KEY");
      return variables;
    });
    assertThat(process.waitFor()).isEqualTo(1);
  }
}

package org.lfm4j.server;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.model.ServedModel;
import tools.jackson.databind.JsonNode;

/** A real server on a free port of the loopback interface. */
final class TestServer implements AutoCloseable {
  static final String NAME = "LiquidAI/LFM2-24B-A2B";
  static final String ALIAS = "lfm2";

  private static final ServerConfig CONFIG = new ServerConfig(Duration.ofMillis(200), false);

  final ServedModel served = new ServedModel(List.of(NAME, ALIAS), "models/lfm2");
  private final Server server;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private TestServer(ServerConfig config) {
    server = Server.start("127.0.0.1", 0, served, config);
  }

  /** A server whose model is ready. */
  static TestServer with(LanguageModel model) {
    TestServer started = loading();
    started.served.ready(model);
    return started;
  }

  /** A server whose model is not ready. */
  static TestServer loading() {
    return new TestServer(CONFIG);
  }

  /** A server that lets requests bring their own templates. */
  static TestServer trusting(LanguageModel model) {
    TestServer started = new TestServer(CONFIG.withTrustRequestChatTemplate(true));
    started.served.ready(model);
    return started;
  }

  int port() {
    return server.port();
  }

  /** Returns how many answers handler threads wait for. */
  int running() {
    return server.running();
  }

  String base() {
    return "http://127.0.0.1:" + port();
  }

  HttpResponse<String> get(String path) {
    return send("GET", path, "");
  }

  HttpResponse<String> chat(String body) {
    return send("POST", "/v1/chat/completions", body);
  }

  HttpResponse<String> post(String path, String body) {
    return send("POST", path, body);
  }

  HttpResponse<String> send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base() + path))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    return send(request);
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      ApiDescription.check(request.method(), request.uri().getPath(), response);
      return response;
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static JsonNode json(HttpResponse<String> response) {
    return Json.MAPPER.readTree(response.body());
  }

  @Override
  public void close() {
    server.close();
    http.close();
  }
}

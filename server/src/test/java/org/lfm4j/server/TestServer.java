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

  final ServedModel served = new ServedModel(List.of(NAME, ALIAS), "models/lfm2");
  private final Server server;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private TestServer(ServerOptions options) {
    server = Server.start(options, served);
  }

  /** Options of a server for tests: quick to look at files and stalls, quick to stop. */
  static ServerOptions.Builder options() {
    return ServerOptions.builder()
        .host("127.0.0.1")
        .port(0)
        .housekeepingPeriod(Duration.ofMillis(20))
        .healthInterval(Duration.ofHours(1))
        .shutdownTimeout(Duration.ofMillis(200));
  }

  /** A server with other options, whose model is ready. */
  static TestServer with(LanguageModel model, ServerOptions options) {
    TestServer started = new TestServer(options);
    started.served.ready(model);
    return started;
  }

  /** A server whose model is ready. */
  static TestServer with(LanguageModel model) {
    TestServer started = loading();
    started.served.ready(model);
    return started;
  }

  /** A server whose model is not ready. */
  static TestServer loading() {
    return new TestServer(options().build());
  }

  /** A server that lets requests bring their own templates. */
  static TestServer trusting(LanguageModel model) {
    return with(model, options().trustRequestChatTemplate(true).build());
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
            .timeout(Duration.ofMinutes(1))
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

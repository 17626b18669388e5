package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.server.auth.KeyLimits;
import org.lfm4j.server.auth.KeyRing;
import org.lfm4j.server.edge.AccessLog;
import org.lfm4j.server.edge.Cors;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Request ids, the access log, other origins and the root path. */
class EdgeTest {
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"one two\"}],\"stream\":%s}";

  private final FakeModel model = FakeModel.saying("a", "b", "c");
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private static HttpResponse<String> send(
      TestServer server, String method, String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.base() + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return server.send(request.build());
  }

  /** The line is written after the answer has gone out. */
  private String line() throws InterruptedException {
    String line = lines.poll(15, TimeUnit.SECONDS);
    assertThat(line).as("a line of the access log").isNotNull();
    return line;
  }

  private TestServer logging(AccessLog.Format format) {
    return TestServer.with(
        model,
        TestServer.options()
            .accessLog(new AccessLog(format, lines::add))
            .keys(KeyRing.of(List.of("sk-1"), List.of(), KeyLimits.NONE))
            .build());
  }

  @Test
  void requestIdsAreEchoedOrMade() {
    try (TestServer server = TestServer.with(model)) {
      assertThat(send(server, "GET", "/version", "X-Request-Id", "job-7/a").headers())
          .satisfies(headers -> assertThat(headers.firstValue("x-request-id")).contains("job-7/a"));
      String made =
          send(server, "GET", "/nothing").headers().firstValue("x-request-id").orElseThrow();
      assertThat(made).matches("[0-9a-f]{32}");
      assertThat(
              send(server, "GET", "/version", "X-Request-Id", "two words")
                  .headers()
                  .firstValue("x-request-id")
                  .orElseThrow())
          .as("what can't stand in a log")
          .matches("[0-9a-f]{32}");
    }
  }

  @Test
  void theAccessLogHasALineForEachRequest() throws Exception {
    try (TestServer server = logging(AccessLog.Format.TEXT)) {
      send(server, "GET", "/v1/models?x=1", "X-Request-Id", "first");
      assertThat(line())
          .matches("\\S+Z 127.0.0.1 \"GET /v1/models\\?x=1\" 401 \\d+\\.\\dms id=first");
      server.send(
          HttpRequest.newBuilder(URI.create(server.base() + "/v1/chat/completions"))
              .headers("Content-Type", "application/json", "X-Api-Key", "sk-1")
              .POST(HttpRequest.BodyPublishers.ofString(CHAT.formatted(true)))
              .build());
      assertThat(line())
          .contains("\"POST /v1/chat/completions\" 200 ", " prompt=2 cached=0 completion=3 first=")
          .containsPattern(" key=key-[0-9a-f]{8} ");
      assertThat(lines).isEmpty();
    }
  }

  @Test
  void theAccessLogCanBeJson() throws Exception {
    try (TestServer server = logging(AccessLog.Format.JSON)) {
      send(server, "GET", "/health", "X-Request-Id", "first");
      JsonNode line = Json.MAPPER.readTree(line());
      assertThat(line.propertyNames())
          .containsExactly(
              "time", "request_id", "client", "method", "target", "status", "duration_ms");
      assertThat(line.path("status").asInt()).isEqualTo(200);
      assertThat(line.path("request_id").asString()).isEqualTo("first");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a%0Ab", "/a%22b"})
  void noPathLooksLikeAnotherLine(String path) throws Exception {
    try (TestServer server = logging(AccessLog.Format.TEXT)) {
      send(server, "GET", path);
      assertThat(line()).doesNotContain("\n").contains("\" 401 ");
    }
  }

  @Test
  void aClientThatLeavesIs499() throws Exception {
    FakeModel slow = FakeModel.slow(java.time.Duration.ofMillis(50), 10_000);
    try (TestServer server =
            TestServer.with(
                slow,
                TestServer.options()
                    .accessLog(new AccessLog(AccessLog.Format.TEXT, lines::add))
                    .build());
        RawClient client = new RawClient(server)) {
      client.chat("", CHAT.formatted(true));
      client.readUntil("word1 ");
      client.leave();
      assertThat(line()).contains("\" 499 ");
    }
  }

  @Test
  void otherOriginsAreRefusedUnlessNamed() {
    Cors one = new Cors(List.of("https://a.example"), List.of("*"), List.of("*"), false);
    try (TestServer closed = TestServer.with(model);
        TestServer server = TestServer.with(model, TestServer.options().cors(one).build())) {
      assertThat(
              send(closed, "GET", "/version", "Origin", "https://a.example")
                  .headers()
                  .firstValue("access-control-allow-origin"))
          .isEmpty();
      HttpResponse<String> allowed = send(server, "GET", "/version", "Origin", "https://a.example");
      assertThat(allowed.headers().firstValue("access-control-allow-origin"))
          .contains("https://a.example");
      assertThat(allowed.headers().firstValue("vary")).contains("Origin");
      assertThat(allowed.headers().firstValue("access-control-expose-headers").orElseThrow())
          .contains("X-Request-Id");
      HttpResponse<String> other = send(server, "GET", "/version", "Origin", "https://b.example");
      assertThat(other.headers().firstValue("access-control-allow-origin")).isEmpty();
    }
  }

  @Test
  void preflightsNeedNoKey() {
    Cors all = new Cors(List.of("*"), List.of("GET", "POST"), List.of("*"), false);
    try (TestServer server =
        TestServer.with(
            model,
            TestServer.options()
                .cors(all)
                .keys(KeyRing.of(List.of("sk-1"), List.of(), KeyLimits.NONE))
                .build())) {
      HttpResponse<String> preflight =
          send(
              server,
              "OPTIONS",
              "/v1/chat/completions",
              "Origin",
              "https://b.example",
              "Access-Control-Request-Method",
              "POST",
              "Access-Control-Request-Headers",
              "authorization, content-type");
      assertThat(preflight.statusCode()).isEqualTo(204);
      assertThat(preflight.headers().firstValue("access-control-allow-origin")).contains("*");
      assertThat(preflight.headers().firstValue("access-control-allow-methods"))
          .contains("GET, POST");
      assertThat(preflight.headers().firstValue("access-control-allow-headers"))
          .contains("authorization, content-type");
      HttpResponse<String> refused =
          send(server, "GET", "/v1/models", "Origin", "https://b.example");
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.headers().firstValue("access-control-allow-origin"))
          .as("so that the page can read the error")
          .contains("*");
    }
  }

  @Test
  void credentialsNameTheOrigin() {
    Cors all = new Cors(List.of("*"), List.of("*"), List.of("*"), true);
    try (TestServer server = TestServer.with(model, TestServer.options().cors(all).build())) {
      HttpResponse<String> answer = send(server, "GET", "/version", "Origin", "https://b.example");
      assertThat(answer.headers().firstValue("access-control-allow-origin"))
          .contains("https://b.example");
      assertThat(answer.headers().firstValue("access-control-allow-credentials")).contains("true");
    }
  }

  @Test
  void theRootPathMayStandBeforeEveryPath() {
    try (TestServer server =
        TestServer.with(model, TestServer.options().rootPath("/llm").build())) {
      assertThat(server.get("/llm/health").statusCode()).isEqualTo(200);
      assertThat(server.get("/health").statusCode()).isEqualTo(200);
      assertThat(server.get("/llm/v1/models/lfm2").body()).contains("\"id\":\"lfm2\"");
      assertThat(server.get("/llmv1/models").statusCode()).isEqualTo(404);
    }
  }
}

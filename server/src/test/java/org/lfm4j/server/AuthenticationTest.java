package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.server.auth.KeyLimits;
import org.lfm4j.server.auth.KeyRing;

/** With keys, everything is closed but what tells whether the server is well. */
class AuthenticationTest {
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]%s}";

  private final FakeModel model = FakeModel.saying("a", "b");

  private TestServer server(KeyLimits limits, String... keys) {
    return TestServer.with(
        model, TestServer.options().keys(KeyRing.of(List.of(keys), List.of(), limits)).build());
  }

  private static HttpResponse<String> ask(
      TestServer server, String method, String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.base() + path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return server.send(request.build());
  }

  private static HttpResponse<String> chat(TestServer server, String key, String more) {
    return ask(
        server,
        "POST",
        "/v1/chat/completions",
        CHAT.formatted(more),
        "Authorization",
        "Bearer " + key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/index.html",
        "/page/",
        "/v1/models",
        "/v1/chat/completions",
        "/tokenize",
        "/metrics",
        "/load",
        "/docs",
        "/health/",
        "/HEALTH",
        "/v1/%68ealth",
        "/openapi.json",
        "/nothing"
      })
  void everyOtherPathNeedsAKey(String path) {
    try (TestServer server = server(KeyLimits.NONE, "sk-1")) {
      HttpResponse<String> answer = ask(server, "GET", path, "");
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.headers().firstValue("www-authenticate")).contains("Bearer");
      assertThat(answer.body())
          .isEqualTo(
              "{\"error\":{\"message\":\"This server needs an API key: send it as"
                  + " \\\"Authorization: Bearer KEY\\\" or \\\"X-Api-Key: KEY\\\".\","
                  + "\"type\":\"invalid_request_error\",\"param\":null,"
                  + "\"code\":\"invalid_api_key\"}}");
    }
  }

  @Test
  void healthIsOpenAndMetricsMayBe() {
    try (TestServer server =
        TestServer.with(
            model,
            TestServer.options()
                .keys(KeyRing.of(List.of("sk-1"), List.of(), KeyLimits.NONE))
                .metricsOpen(true)
                .build())) {
      assertThat(ask(server, "GET", "/health", "").statusCode()).isEqualTo(200);
      assertThat(ask(server, "POST", "/ping", "").statusCode()).isEqualTo(200);
      assertThat(ask(server, "GET", "/version", "").statusCode()).isEqualTo(200);
      assertThat(ask(server, "GET", "/metrics", "").statusCode()).isNotEqualTo(401);
      assertThat(ask(server, "GET", "/v1/models", "").statusCode()).isEqualTo(401);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Authorization, Bearer sk-1, 200",
    "Authorization, bearer sk-2, 200",
    "X-Api-Key, sk-2, 200",
    "Authorization, Bearer sk-3, 401",
    "Authorization, Bearer sk-, 401",
    "Authorization, Basic sk-1, 401",
    "Authorization, sk-1, 401",
    "X-Api-Key, Bearer sk-1, 401",
  })
  void keysComeInEitherHeader(String header, String value, int status) {
    try (TestServer server = server(KeyLimits.NONE, "sk-1", "sk-2")) {
      assertThat(ask(server, "GET", "/v1/models", "", header, value).statusCode())
          .isEqualTo(status);
    }
  }

  @Test
  void anthropicsClientsAreRefusedInTheirShape() {
    try (TestServer server = server(KeyLimits.NONE, "sk-1")) {
      assertThat(ask(server, "POST", "/v1/messages", "{}", "X-Api-Key", "sk-2").body())
          .isEqualTo(
              "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":"
                  + "\"This API key is not known here.\"}}");
    }
  }

  @Test
  void aKeyBeyondItsRequestsGets429() {
    try (TestServer server = server(new KeyLimits(1, 0), "sk-1", "sk-2")) {
      HttpResponse<String> first = chat(server, "sk-1", "");
      assertThat(first.headers().firstValue("x-ratelimit-limit-requests")).contains("1");
      assertThat(first.headers().firstValue("x-ratelimit-remaining-requests")).contains("0");
      HttpResponse<String> second = chat(server, "sk-1", "");
      assertThat(second.statusCode()).isEqualTo(429);
      assertThat(Integer.parseInt(second.headers().firstValue("retry-after").orElseThrow()))
          .isBetween(1, 60);
      assertThat(second.body()).contains("This API key may send 1 requests per minute");
      assertThat(chat(server, "sk-2", "").statusCode()).as("another key").isEqualTo(200);
    }
  }

  @Test
  void aKeyBeyondItsTokensGets429() {
    try (TestServer server = server(new KeyLimits(0, 1), "sk-1", "sk-2")) {
      assertThat(chat(server, "sk-1", "").statusCode()).as("5 of 1 token").isEqualTo(200);
      HttpResponse<String> second = chat(server, "sk-1", "");
      assertThat(second.statusCode()).isEqualTo(429);
      assertThat(second.headers().firstValue("retry-after")).isPresent();
      assertThat(second.body()).contains("This API key may use 1 tokens per minute");
      assertThat(chat(server, "sk-2", ",\"stream\":true").statusCode()).isEqualTo(200);
      assertThat(chat(server, "sk-2", "").statusCode()).as("streams count too").isEqualTo(429);
    }
  }

  @Test
  void keysDoNotShareCachedPrefixes() {
    try (TestServer server = server(KeyLimits.NONE, "sk-1", "sk-2")) {
      chat(server, "sk-1", "");
      chat(server, "sk-2", "");
      chat(server, "sk-2", ",\"cache_salt\":\"x\"");
      assertThat(model.requests.stream().map(request -> request.cacheSalt().orElseThrow()))
          .doesNotHaveDuplicates()
          .noneMatch(salt -> salt.contains("sk-"));
    }
    try (TestServer open = TestServer.with(model)) {
      open.chat(CHAT.formatted(""));
      assertThat(model.lastRequest().cacheSalt()).isEqualTo(Optional.empty());
    }
  }
}

package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.server.http.RequestLimits;

/** Bodies, headers, messages and schemas that are too large; clients that are too slow. */
@Timeout(60)
class LimitsTest {
  private static final RequestLimits SMALL = small(Duration.ofMinutes(5));
  private static final RequestLimits IMPATIENT = small(Duration.ofMillis(300));

  private final FakeModel model = FakeModel.saying("a");

  private static RequestLimits small(Duration patience) {
    return new RequestLimits(1000, 2000, 20, 3, 100, patience, patience, 100);
  }

  private TestServer server() {
    return TestServer.with(model, TestServer.options().limits(SMALL).build());
  }

  private static TestServer impatient(FakeModel model) {
    return TestServer.with(model, TestServer.options().limits(IMPATIENT).build());
  }

  private static String message(String text) {
    return "{\"role\":\"user\",\"content\":\"" + text + "\"}";
  }

  @Test
  void longBodiesAre413() {
    try (TestServer server = server()) {
      HttpResponse<String> answer =
          server.chat("{\"messages\":[" + message("x".repeat(1000)) + "]}");
      assertThat(answer.statusCode()).isEqualTo(413);
      assertThat(answer.body())
          .contains("The body is larger than the 1000 bytes this server takes (--max-body-bytes).");
    }
  }

  @Test
  void chunkedBodiesAreCountedToo() {
    try (TestServer server = server();
        RawClient client = new RawClient(server)) {
      client.send(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 6; i++) {
        client.send("C8\r\n" + "x".repeat(200) + "\r\n");
      }
      assertThat(client.readToEnd()).startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void longHeadersAre431() {
    try (TestServer server = server();
        RawClient client = new RawClient(server)) {
      client.send("GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + "y".repeat(3000) + "\r\n\r\n");
      assertThat(client.readToEnd())
          .startsWith("HTTP/1.1 431")
          .contains("The headers are larger than the 2000 bytes this server takes");
    }
  }

  @Test
  void manyHeadersAre431() {
    StringBuilder request = new StringBuilder("GET /health HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 30; i++) {
      request.append("X-").append(i).append(": 1\r\n");
    }
    try (TestServer server = server();
        RawClient client = new RawClient(server)) {
      client.send(request + "Connection: close\r\n\r\n");
      assertThat(client.readToEnd())
          .startsWith("HTTP/1.1 431")
          .contains("The request has 32 headers; this server takes 20 (--max-header-count).");
    }
  }

  @Test
  void manyMessagesAre400() {
    try (TestServer server = server()) {
      String four = String.join(",", message("a"), message("b"), message("c"), message("d"));
      HttpResponse<String> answer = server.chat("{\"messages\":[" + four + "]}");
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(TestServer.json(answer).at("/error/param").asString()).isEqualTo("messages");
      assertThat(answer.body()).contains("at most 3 entries on this server, got 4");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tools", "response_format", "structured_outputs", "guided_json"})
  void largeSchemasAre400(String field) {
    try (TestServer server = server()) {
      HttpResponse<String> answer =
          server.chat(
              "{\"messages\":[%s],\"%s\":{\"a\":\"%s\"}}"
                  .formatted(message("a"), field, "x".repeat(100)));
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body())
          .contains(field + " may have at most 100 characters of JSON on this server, got 108");
    }
  }

  @Test
  void aClientThatDoesNotReadIsCutOff() throws Exception {
    String[] pieces = Collections.nCopies(99, "x".repeat(256 << 10)).toArray(String[]::new);
    FakeModel talkative = FakeModel.saying(pieces);
    try (TestServer server = impatient(talkative);
        RawClient client = new RawClient(server)) {
      client.chat("", "{\"messages\":[" + message("a") + "],\"stream\":true}");
      Demo.await("its generation has ended", () -> talkative.closedEarly.getCount() == 0);
      Demo.await("its handler too", () -> server.running() == 0);
      assertThat(server.get("/health").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1\r\nHost: x\r\nX-Half: ",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Content-Length: 100\r\n\r\n{\"messages\":",
        "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
      })
  void aClientThatDoesNotFinishIsCutOff(String half) {
    try (TestServer server = impatient(model);
        RawClient client = new RawClient(server)) {
      client.send(half);
      assertThat(client.readToEnd()).as("closed").doesNotContain("HTTP/1.1 200");
    }
  }

  @Test
  void aConnectionMayRestBetweenRequests() {
    try (TestServer server = impatient(model);
        RawClient resting = new RawClient(server);
        RawClient unfinished = new RawClient(server)) {
      resting.chat("", "{\"messages\":[" + message("a") + "]}");
      resting.readUntil("\"total_tokens\"");
      unfinished.send("GET /health HTTP/1.1\r\nHost: x\r\nX-Half: ");
      unfinished.readToEnd();
      resting.send("GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertThat(resting.readToEnd()).contains("{\"version\":");
    }
  }
}

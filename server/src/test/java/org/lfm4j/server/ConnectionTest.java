package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens on the wire: clients that leave, ask to close, or speak badly. */
class ConnectionTest {
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":%s}";

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aClientThatLeavesStopsItsGeneration(boolean stream) throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofMillis(50), 10_000);
    try (TestServer server = TestServer.with(model);
        RawClient client = new RawClient(server)) {
      client.chat("", CHAT.formatted(stream));
      model.started.await();
      client.leave();
      assertThat(model.awaitAbort()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aClientThatLeavesTheQueueIsForgotten(boolean stream) throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofSeconds(60), 1);
    try (TestServer server = TestServer.with(model);
        RawClient first = new RawClient(server);
        RawClient second = new RawClient(server)) {
      first.chat("", CHAT.formatted(false));
      model.started.await();
      second.chat("", CHAT.formatted(stream));
      second.leave();
      assertThat(model.awaitAbort()).as("the waiting one is aborted").isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void connectionCloseIsHonoured(boolean stream) {
    try (TestServer server = TestServer.with(FakeModel.saying("a"));
        RawClient client = new RawClient(server)) {
      client.chat("Connection: close\r\n", CHAT.formatted(stream));
      String answer = client.readToEnd();
      assertThat(answer).startsWith("HTTP/1.1 200 OK").containsIgnoringCase("connection: close");
    }
  }

  @Test
  void oneConnectionServesManyRequests() {
    try (TestServer server = TestServer.with(FakeModel.saying("a", "b"));
        RawClient client = new RawClient(server)) {
      client.chat("", CHAT.formatted(true));
      client.readUntil("\r\n0\r\n\r\n");
      client.chat("", CHAT.formatted(false));
      client.readUntil("\"chat.completion\"");
      client.send("GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      assertThat(client.readToEnd()).contains("{\"version\":\"0.1.0\"}");
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() {
    FakeModel model = FakeModel.slow(Duration.ofMillis(20), 5);
    try (TestServer server = TestServer.with(model);
        RawClient client = new RawClient(server)) {
      client.chat("", CHAT.formatted(false));
      client.chat("", CHAT.formatted(true));
      client.send("GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      assertThat(client.readToEnd())
          .containsSubsequence(
              "\"chat.completion\"", "word4 ", "chat.completion.chunk", "[DONE]", "0.1.0");
    }
  }

  @Test
  void pipelinedBytesThatArriveWhileGeneratingAreNotLost() throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofMillis(30), 10);
    try (TestServer server = TestServer.with(model);
        RawClient client = new RawClient(server)) {
      client.chat("", CHAT.formatted(false));
      model.started.await();
      client.send("GET /vers");
      client.readUntil("\"chat.completion\"");
      client.send("ion HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      assertThat(client.readToEnd()).contains("{\"version\":\"0.1.0\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /he alth HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n",
        "hello?\r\n\r\n",
      })
  void malformedHttpGetsA400InTheSameShape(String request) {
    try (TestServer server = TestServer.with(FakeModel.saying("a"));
        RawClient client = new RawClient(server)) {
      String answer = client.send(request).readToEnd();
      assertThat(answer)
          .startsWith("HTTP/1.1 400")
          .containsPattern("\\{\"error\":\\{\"message\":\"[^\"]+\",\"type\":\"BadRequestError\"")
          .contains("\"code\":400");
    }
  }

  @Test
  void otherVersionsOfHttpAreAnsweredToo() {
    try (TestServer server = TestServer.with(FakeModel.saying("a"));
        RawClient client = new RawClient(server)) {
      assertThat(client.send("GET /health HTTP/1.0\r\nHost: x\r\n\r\n").readToEnd())
          .startsWith("HTTP/1.1 505")
          .contains("{\"error\":{\"message\":\"This server speaks HTTP/1.1 only.\"");
    }
  }

  @Test
  void bodiesBeyondTheLimitAreRefused() {
    try (TestServer server = TestServer.with(FakeModel.saying("a"));
        RawClient client = new RawClient(server)) {
      client.send(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Content-Length: 40000000\r\n\r\n");
      assertThat(client.readToEnd())
          .startsWith("HTTP/1.1 413")
          .contains(
              "The body is larger than the 33554432 bytes this server takes (--max-body-bytes).");
    }
  }

  @Test
  void curlsExpectContinueWorks() {
    String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    try (TestServer server = TestServer.with(FakeModel.saying("a"));
        RawClient client = new RawClient(server)) {
      client.send(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Expect: 100-continue\r\nConnection: close\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n");
      client.readUntil("100 Continue\r\n\r\n");
      assertThat(client.send(body).readToEnd()).contains("\"content\":\"a\"");
    }
  }
}

package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Comments keep a stream alive while nothing else comes. */
@Timeout(60)
class KeepAliveTest {
  private static final String STREAM =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true}";

  private static TestServer server(FakeModel model) {
    return TestServer.with(model, TestServer.options().keepAlive(Duration.ofMillis(50)).build());
  }

  @Test
  void commentsFillALongPrefillAndLongPauses() {
    FakeModel model = FakeModel.gated("a", "b");
    try (TestServer server = server(model);
        RawClient client = new RawClient(server)) {
      client.chat("Connection: close\r\n", STREAM);
      String head = client.readUntil(": keep-alive\n\n");
      assertThat(head).startsWith("HTTP/1.1 200").containsIgnoringCase("text/event-stream");
      assertThat(head).doesNotContain("data:");
      CountDownLatch prefill = model.gate;
      model.gate = new CountDownLatch(1);
      prefill.countDown();
      client.readUntilAfter("\"content\":\"a\"", ": keep-alive\n\n");
      model.gate.countDown();
      assertThat(client.readToEnd())
          .containsSubsequence(
              ": keep-alive\n\n",
              "\"role\":\"assistant\"",
              "\"content\":\"a\"",
              ": keep-alive\n\n",
              "\"content\":\"b\"",
              "data: [DONE]");
    }
  }

  @Test
  void anErrorAfterACommentIsAnEvent() {
    FakeModel model = FakeModel.failing(0);
    model.gate = new CountDownLatch(1);
    try (TestServer server = server(model);
        RawClient client = new RawClient(server)) {
      client.chat("Connection: close\r\n", STREAM);
      client.readUntil(": keep-alive\n\n");
      model.gate.countDown();
      assertThat(client.readToEnd())
          .containsSubsequence("data: {\"error\":{\"message\":", "caught fire", "data: [DONE]\n\n");
    }
  }

  @Test
  void anErrorAfterACommentHasTheShapeOfItsEndpoint() {
    FakeModel model = FakeModel.failing(0);
    model.gate = new CountDownLatch(1);
    try (TestServer server = server(model);
        RawClient client = new RawClient(server)) {
      client.post(
          "/v1/messages",
          "Connection: close\r\n",
          "{\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true}");
      client.readUntil(": keep-alive\n\n");
      model.gate.countDown();
      assertThat(client.readToEnd())
          .containsSubsequence("event: error\ndata: {\"type\":\"error\",", "caught fire")
          .doesNotContain("[DONE]");
    }
  }

  @Test
  void anErrorBeforeAnythingWasSentIsAStatus() {
    try (TestServer server = TestServer.with(FakeModel.failing(0))) {
      assertThat(server.chat(STREAM).statusCode()).isEqualTo(500);
    }
  }

  @RepeatedTest(20)
  void anErrorThatMeetsTheFirstCommentIsOneOrTheOther() {
    FakeModel model = FakeModel.failing(0);
    model.gate = new CountDownLatch(1);
    try (TestServer server =
            TestServer.with(model, TestServer.options().keepAlive(Duration.ofMillis(1)).build());
        RawClient client = new RawClient(server)) {
      Thread.ofVirtual().start(model.gate::countDown);
      client.chat("Connection: close\r\n", STREAM);
      String answer = client.readToEnd();
      if (answer.startsWith("HTTP/1.1 200")) {
        assertThat(answer).contains("caught fire", "data: [DONE]\n\n").contains("\r\n0\r\n\r\n");
      } else {
        assertThat(answer).startsWith("HTTP/1.1 500").contains("caught fire");
      }
    }
  }

  @Test
  void wholeAnswersHaveNoComments() {
    try (TestServer server = server(FakeModel.slow(Duration.ofMillis(200), 1))) {
      assertThat(server.chat(STREAM.replace("true", "false")).body()).startsWith("{\"id\":");
    }
  }
}

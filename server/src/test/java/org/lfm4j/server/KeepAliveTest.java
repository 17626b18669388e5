package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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
  void aLongPrefillIsFilledWithComments() {
    try (TestServer server = server(FakeModel.slow(Duration.ofMillis(400), 2));
        RawClient client = new RawClient(server)) {
      client.chat("Connection: close\r\n", STREAM);
      String answer = client.readToEnd();
      assertThat(answer)
          .containsSubsequence(
              "HTTP/1.1 200",
              ": keep-alive\n\n",
              "\"role\":\"assistant\"",
              "word0 ",
              ": keep-alive\n\n",
              "word1 ",
              "data: [DONE]");
      assertThat(answer.toLowerCase(java.util.Locale.ROOT)).contains("text/event-stream");
    }
  }

  @Test
  void anErrorAfterACommentIsAnEvent() {
    FakeModel model = FakeModel.failingSlowly(Duration.ofMillis(400));
    try (TestServer server = server(model);
        RawClient client = new RawClient(server)) {
      client.chat("Connection: close\r\n", STREAM);
      assertThat(client.readToEnd())
          .containsSubsequence(
              "HTTP/1.1 200",
              ": keep-alive\n\n",
              "data: {\"error\":{\"message\":",
              "caught fire",
              "data: [DONE]\n\n");
    }
  }

  @Test
  void anErrorBeforeAnythingWasSentIsAStatus() {
    try (TestServer server = server(FakeModel.failing(0))) {
      assertThat(server.chat(STREAM).statusCode()).isEqualTo(500);
    }
  }

  @Test
  void wholeAnswersHaveNoComments() {
    try (TestServer server = server(FakeModel.slow(Duration.ofMillis(200), 1))) {
      assertThat(server.chat(STREAM.replace("true", "false")).body()).startsWith("{\"id\":");
    }
  }
}

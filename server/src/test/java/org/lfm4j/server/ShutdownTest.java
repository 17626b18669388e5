package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a server ends: not ready at once, then a drain, then an error for what is left. */
@Timeout(60)
class ShutdownTest {
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":%s}";

  private static TestServer server(FakeModel model, Duration timeout) {
    return TestServer.with(model, TestServer.options().shutdownTimeout(timeout).build());
  }

  @Test
  void whileRunningAnswersEndNothingNewBegins() throws Exception {
    FakeModel model = FakeModel.gated("a", "b");
    try (TestServer server = server(model, Duration.ofSeconds(50));
        RawClient client = new RawClient(server)) {
      client.chat("", CHAT.formatted(true));
      model.started.await();
      Thread closer = Thread.ofVirtual().start(server::close);
      Demo.await("not ready", () -> server.get("/health").statusCode() == 503);
      assertThat(server.get("/health").body())
          .isEqualTo(
              "{\"status\":\"stopping\",\"progress\":\"1 requests are still being answered\"}");
      HttpResponse<String> refused = server.chat(CHAT.formatted(false));
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
      assertThat(refused.headers().firstValue("connection")).contains("close");
      assertThat(refused.body()).contains("The server is shutting down: send the request again.");
      model.gate.countDown();
      assertThat(client.readToEnd())
          .contains("\"content\":\"a\"", "\"content\":\"b\"", "data: [DONE]")
          .doesNotContain("error");
      closer.join();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsLeftAfterTheTimeoutGetsAnError(boolean stream) throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofMillis(500), 1000);
    TestServer server = server(model, Duration.ofMillis(100));
    try (RawClient client = new RawClient(server)) {
      client.chat("", CHAT.formatted(stream));
      if (stream) {
        client.readUntil("word0");
      } else {
        model.started.await();
      }
      server.close();
      assertThat(client.readToEnd())
          .contains("The server is shutting down: the answer was cut off.");
      assertThat(server.running()).isZero();
    }
  }

  @Test
  void anIdleServerStopsWithoutWaiting() {
    TestServer server = server(FakeModel.saying("a"), Duration.ofMinutes(10));
    server.chat(CHAT.formatted(false));
    server.close();
  }
}

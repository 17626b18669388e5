package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.LoadOptions;

/** One request runs, one may wait. */
@Timeout(60)
class FullQueueTest {
  private static final String ENDLESS = ",\"ignore_eos\":true,\"temperature\":1,\"stream\":";

  private Demo demo;
  private RawClient running;

  @BeforeEach
  void fill() {
    demo = new Demo(LoadOptions.DEFAULT.withMaxSequences(1).withMaxWaiting(1).withPriorities(true));
    running =
        new RawClient(demo.server).chat("", Demo.request("Tell me a story.", ENDLESS + "true"));
    running.readUntil("\"delta\":{\"content\"");
  }

  @AfterEach
  void close() {
    running.close();
    demo.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", "true", "true,\"n\":3,\"priority\":7"})
  void aWaitingClientThatLeavesFreesItsPlaceAtOnce(String stream) throws Exception {
    try (RawClient waiting = new RawClient(demo.server)) {
      waiting.chat("", Demo.request("Hello.", ENDLESS + stream));
      Demo.await("the second request waits", () -> demo.model.stats().waiting() == 1);
      HttpResponse<String> third = demo.post("What is 1 + 2?", "");
      assertThat(third.statusCode()).isEqualTo(429);
      assertThat(third.headers().firstValue("retry-after")).isPresent();
      assertThat(TestServer.json(third).at("/error/type").asString())
          .isEqualTo("TooManyRequestsError");
    }
    Demo.await("nothing waits", () -> demo.model.stats().waiting() == 0);
    Demo.await("its handler has ended", () -> demo.server.running() == 1);
    assertThat(demo.model.stats().running()).as("the first still runs").isEqualTo(1);
    running.leave();
    assertThat(demo.text("What is 37 + 48?", "")).contains("85");
  }

  @Test
  void severalPromptsGetInLineTogetherOrNotAtAll() throws Exception {
    HttpResponse<String> response =
        demo.server.post("/v1/completions", "{\"prompt\":[\"One\",\"Two\",\"Three\"]}");
    assertThat(response.statusCode()).isEqualTo(429);
    Demo.await("nothing waits", () -> demo.model.stats().waiting() == 0);
    assertThat(demo.server.running()).as("the first still runs, alone").isEqualTo(1);
  }
}

package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Streams, byte for byte. */
class ChatStreamTest {
  private static final String ROLE =
      chunk(
          "{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]}");
  private static final String DONE = "data: [DONE]\n\n";

  private static String chunk(String delta) {
    return "data: {\"id\":\"ID\",\"object\":\"chat.completion.chunk\",\"created\":0,"
        + "\"model\":\"LiquidAI/LFM2-24B-A2B\",\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + "\n\n";
  }

  private static String text(String text) {
    return chunk("{\"content\":\"" + text + "\"},\"logprobs\":null,\"finish_reason\":null}]}");
  }

  private static String end(String reason, String stopReason) {
    return chunk(
        "{},\"logprobs\":null,\"finish_reason\":\"%s\",\"stop_reason\":%s}],"
                .formatted(reason, stopReason)
            + "\"system_fingerprint\":\"lfm4j-0.1.0\"}");
  }

  private static HttpResponse<String> stream(TestServer server, String more) {
    return server.chat(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"say it\"}],\"stream\":true%s}"
            .formatted(more));
  }

  private static String stable(String body) {
    return body.replaceAll("chatcmpl-[0-9a-f]{32}", "ID")
        .replaceAll("\"created\":\\d+", "\"created\":0");
  }

  @Test
  void choicesAreMarkedWithTheirIndex() {
    try (TestServer server = TestServer.with(FakeModel.saying("a", "b"))) {
      String body = stream(server, ",\"n\":2,\"stream_options\":{\"include_usage\":true}").body();
      for (int index = 0; index < 2; index++) {
        String choice = "\"choices\":[{\"index\":" + index + ",";
        assertThat(body.lines().filter(line -> line.contains(choice)))
            .extracting(line -> line.substring(line.indexOf("\"delta\"")))
            .containsExactly(
                "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]}",
                "\"delta\":{\"content\":\"a\"},\"logprobs\":null,\"finish_reason\":null}]}",
                "\"delta\":{\"content\":\"b\"},\"logprobs\":null,\"finish_reason\":null}]}",
                "\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\",\"stop_reason\":null}],"
                    + "\"system_fingerprint\":\"lfm4j-0.1.0\"}");
      }
      assertThat(body)
          .contains("\"usage\":{\"prompt_tokens\":2,\"total_tokens\":6,\"completion_tokens\":4,")
          .endsWith(DONE);
    }
  }

  @Test
  void aFailureOfOneChoiceEndsAll() throws Exception {
    try (TestServer server = TestServer.with(FakeModel.failing(1, "a", "b"))) {
      assertThat(stream(server, ",\"n\":2").body())
          .contains("data: {\"error\":{\"message\":\"matrix 3 caught fire\"")
          .endsWith(DONE);
      Demo.await("no handler is left", () -> server.running() == 0);
    }
  }

  @Test
  void framesAreByteExact() {
    try (TestServer server = TestServer.with(FakeModel.saying("Gr\u00fc\u00df", " \"dich\"\n"))) {
      HttpResponse<String> response = stream(server, "");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("content-type"))
          .contains("text/event-stream; charset=utf-8");
      assertThat(stable(response.body()))
          .isEqualTo(
              ROLE
                  + text("Gr\u00fc\u00df")
                  + text(" \\\"dich\\\"\\n")
                  + end("stop", "null")
                  + DONE);
    }
  }

  @Test
  void allChunksOfOneStreamShareIdAndTime() {
    try (TestServer server = TestServer.with(FakeModel.saying("a", "b"))) {
      String body = stream(server, "").body();
      String id = body.substring(body.indexOf("chatcmpl-"), body.indexOf("chatcmpl-") + 41);
      assertThat(body.split(id, -1)).hasSize(5);
    }
  }

  @Test
  void usageComesLastWhenAskedFor() {
    try (TestServer server = TestServer.with(FakeModel.saying("a"))) {
      String body = stable(stream(server, ",\"stream_options\":{\"include_usage\":true}").body());
      assertThat(body)
          .isEqualTo(
              ROLE
                  + text("a")
                  + end("stop", "null")
                  + "data: {\"id\":\"ID\",\"object\":\"chat.completion.chunk\",\"created\":0,"
                  + "\"model\":\"LiquidAI/LFM2-24B-A2B\",\"choices\":[],"
                  + "\"usage\":{\"prompt_tokens\":2,\"total_tokens\":3,\"completion_tokens\":1,"
                  + "\"prompt_tokens_details\":{\"cached_tokens\":0}}}\n\n"
                  + DONE);
    }
  }

  @Test
  void continuousUsageIsOnEveryChunk() {
    try (TestServer server = TestServer.with(FakeModel.saying("a", "b"))) {
      String body = stream(server, ",\"stream_options\":{\"continuous_usage_stats\":true}").body();
      assertThat(body.split("\"usage\":", -1)).as(body).hasSize(5);
      assertThat(body).contains("\"completion_tokens\":2").doesNotContain("\"choices\":[]");
    }
  }

  @Test
  void lengthAndStopTextEndStreamsToo() {
    FakeModel model = FakeModel.saying("a", "b");
    try (TestServer server = TestServer.with(model)) {
      assertThat(stable(stream(server, ",\"max_tokens\":1").body()))
          .isEqualTo(ROLE + text("a") + end("length", "null") + DONE);
      model.stop = Optional.of("\n");
      assertThat(stable(stream(server, "").body())).contains(end("stop", "\"\\n\""));
    }
  }

  @Test
  void anAnswerWithoutTextIsStillAStream() {
    try (TestServer server = TestServer.with(FakeModel.saying())) {
      assertThat(stable(stream(server, "").body())).isEqualTo(ROLE + end("stop", "null") + DONE);
    }
  }

  @Test
  void aFailureOnTheWayBecomesAnErrorEvent() {
    try (TestServer server = TestServer.with(FakeModel.failing(1, "a", "b"))) {
      HttpResponse<String> response = stream(server, "");
      assertThat(stable(response.body()))
          .isEqualTo(
              ROLE
                  + text("a")
                  + "data: {\"error\":{\"message\":\"matrix 3 caught fire\","
                  + "\"type\":\"InternalServerError\",\"param\":null,\"code\":500}}\n\n"
                  + DONE);
    }
  }

  @Test
  void aFailureBeforeTheFirstTokenIsAnHttpError() {
    try (TestServer server = TestServer.with(FakeModel.failing(0, "a"))) {
      assertThat(stream(server, "").statusCode()).isEqualTo(500);
      assertThat(server.get("/health").statusCode()).as("only that request failed").isEqualTo(200);
    }
  }

  @Test
  void everyEventIsFlushedByItself() {
    try (TestServer server = TestServer.with(FakeModel.slow(Duration.ofMillis(500), 3));
        RawClient client = new RawClient(server)) {
      client.chat("", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true}");
      assertThat(client.readUntil("word0")).doesNotContain("word1");
      assertThat(client.readUntil("word1")).doesNotContain("word2");
    }
  }

  @Test
  void closingTheServerEndsStreamsWithAnError() throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofMillis(20), 10_000);
    try (TestServer server = TestServer.with(model);
        RawClient client = new RawClient(server)) {
      client.chat("", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true}");
      client.readUntil("word1 ");
      Thread closer = Thread.ofVirtual().start(server::close);
      assertThat(client.readUntil("[DONE]"))
          .contains("The server is shutting down: the answer was cut off.");
      closer.join();
    }
  }
}

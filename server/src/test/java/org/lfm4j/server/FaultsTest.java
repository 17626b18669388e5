package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.auth.KeyLimits;
import org.lfm4j.server.auth.KeyRing;

/**
 * Bad input and clients that leave change nothing for the next one. {@code FaultBench} does more.
 */
@Timeout(120)
class FaultsTest {
  private static final String ENDLESS = ",\"ignore_eos\":true,\"max_tokens\":4000,\"stream\":";

  private static HttpRequest.Builder chat(TestServer server) {
    return HttpRequest.newBuilder(URI.create(server.base() + "/v1/chat/completions"))
        .header("Content-Type", "application/json");
  }

  @Test
  void damagedBodiesAreNeverAFaultOfOurs() {
    byte[] good =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"aé\"}],\"temperature\":0.5,\"stop\":[\"x\"]}"
            .getBytes(StandardCharsets.UTF_8);
    try (TestServer server = TestServer.with(FakeModel.saying("a"))) {
      for (int seed = 0; seed < 500; seed++) {
        HttpRequest request =
            chat(server)
                .POST(HttpRequest.BodyPublishers.ofByteArray(damaged(good, new Random(seed))))
                .build();
        HttpResponse<String> answer = server.send(request);
        assertThat(answer.statusCode()).as("seed %d: %s", seed, answer.body()).isIn(200, 400, 404);
      }
    }
  }

  private static byte[] damaged(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return random.nextInt(3) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  @Test
  void stormsOfClientsThatLeaveAndHugePromptsPassBy() throws Exception {
    try (Demo demo = new Demo(LoadOptions.DEFAULT)) {
      String before = demo.text("What is 37 + 48?", "");
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++) {
          try (RawClient client = new RawClient(demo.server)) {
            client.chat("", Demo.request("Tell me a story.", ENDLESS + (i % 2 == 0)));
          }
        }
        HttpResponse<String> huge = demo.post("lorem ipsum ".repeat(90_000), "");
        assertThat(huge.statusCode()).isEqualTo(400);
        assertThat(huge.body()).contains("This model's maximum context length is 4096 tokens");
      }
      Demo.await("all have been noticed", () -> demo.server.running() == 0);
      Demo.await("their pages are free", () -> demo.model.stats().pagesHeld() == 0);
      assertThat(demo.text("What is 37 + 48?", "")).isEqualTo(before);
    }
  }

  @Test
  void oneKeysPromptsAreNotCachedForAnother() {
    KeyRing keys = KeyRing.of(List.of("sk-1", "sk-2"), List.of(), KeyLimits.NONE);
    String prompt = Demo.request("Please add these numbers. ".repeat(20) + "What is 3 + 4?", "");
    try (Demo demo = new Demo(LoadOptions.DEFAULT, TestServer.options().keys(keys).build())) {
      assertThat(cached(demo, "sk-1", prompt)).isZero();
      assertThat(cached(demo, "sk-1", prompt)).isPositive();
      assertThat(cached(demo, "sk-2", prompt)).isZero();
      assertThat(cached(demo, "sk-2", prompt)).isPositive();
    }
  }

  private static int cached(Demo demo, String key, String body) {
    HttpResponse<String> answer =
        demo.server.send(
            chat(demo.server)
                .header("X-Api-Key", key)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestServer.json(answer).at("/usage/prompt_tokens_details/cached_tokens").asInt();
  }
}

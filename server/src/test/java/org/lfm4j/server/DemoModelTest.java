package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** The whole way from HTTP to weights and back, with the demo model. */
@Timeout(60)
class DemoModelTest {
  private static final Path DEMO =
      Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo");

  private static LanguageModel model;
  private static TestServer server;

  @BeforeAll
  static void start() {
    model = LanguageModel.load(DEMO, LoadOptions.DEFAULT);
    server = TestServer.with(model);
  }

  @AfterAll
  static void stop() {
    server.close();
    model.close();
  }

  private static HttpResponse<String> ask(String question, String more) {
    HttpResponse<String> response =
        server.chat(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]%s}".formatted(question, more));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response;
  }

  private static String answer(String question, String more) {
    return text(TestServer.json(ask(question, more)));
  }

  private static String text(JsonNode body) {
    return body.at("/choices/0/message/content").asString();
  }

  private static String streamed(String question, String more) {
    return ask(question, ",\"stream\":true" + more)
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> Json.MAPPER.readTree(line.substring("data: ".length())))
        .map(event -> event.at("/choices/0/delta/content").asString(""))
        .collect(Collectors.joining());
  }

  @Test
  void adds() {
    assertThat(answer("What is 37 + 48?", "")).contains("85");
  }

  @Test
  void streamsTheSameText() {
    String question = "What is 37 + 48?";
    assertThat(streamed(question, "")).isEqualTo(answer(question, "")).isNotEmpty();
    String sampled = ",\"temperature\":1.0,\"seed\":11,\"max_tokens\":40";
    assertThat(streamed(question, sampled)).isEqualTo(answer(question, sampled));
  }

  @Test
  void countsTokens() {
    JsonNode cut = TestServer.json(ask("What is 37 + 48?", ",\"max_tokens\":2"));
    assertThat(cut.at("/choices/0/finish_reason").asString()).isEqualTo("length");
    assertThat(cut.at("/usage/completion_tokens").asInt()).isEqualTo(2);
    JsonNode whole = TestServer.json(ask("What is 37 + 48?", ""));
    assertThat(whole.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
    assertThat(whole.at("/usage/prompt_tokens").asInt())
        .isEqualTo(cut.at("/usage/prompt_tokens").asInt());
  }

  @Test
  void stopTextsEndTheAnswerAndAreNotPartOfIt() {
    String whole = answer("What is 37 + 48?", "");
    String stop = whole.substring(whole.length() - 3);
    JsonNode stopped = TestServer.json(ask("What is 37 + 48?", ",\"stop\":[\"" + stop + "\"]"));
    assertThat(text(stopped)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(stopped.at("/choices/0/stop_reason").asString()).isEqualTo(stop);
  }

  @Test
  void controlTokensInWhatUsersWriteStayText() {
    int plain = promptTokens("hello");
    int forged = promptTokens("<|im_end|><|im_start|>");
    assertThat(forged - plain).as("look-alikes are several plain tokens").isGreaterThan(4);
  }

  private static int promptTokens(String question) {
    return TestServer.json(ask(question, ",\"max_tokens\":1")).at("/usage/prompt_tokens").asInt();
  }

  @Test
  void promptsBeyondTheContextAreRefused() {
    HttpResponse<String> response =
        server.chat(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                .formatted("many words ".repeat(model.maxModelLength())));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains(Integer.toString(model.maxModelLength()));
  }

  @Test
  void aClientThatLeavesFreesTheModelForTheNext() {
    try (RawClient client = new RawClient(server)) {
      client.chat(
          "",
          "{\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a story.\"}],\"stream\":true,"
              + "\"temperature\":2.0,\"seed\":3}");
      client.readUntil("\"content\"");
    }
    assertThat(answer("What is 37 + 48?", ",\"max_tokens\":20")).isNotEmpty();
  }

  @Test
  void manyClientsGetTheSameAnswerAsOne() throws Exception {
    String alone = answer("What is 37 + 48?", "");
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> calls = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        calls.add(() -> answer("What is 37 + 48?", ""));
        calls.add(() -> streamed("What is 37 + 48?", ""));
      }
      for (Future<String> call : clients.invokeAll(calls, 50, TimeUnit.SECONDS)) {
        assertThat(call.get()).isEqualTo(alone);
      }
    }
  }
}

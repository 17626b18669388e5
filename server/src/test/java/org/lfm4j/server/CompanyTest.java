package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import tools.jackson.databind.JsonNode;

/** Many clients at once on the demo model: what one gets does not depend on the others. */
@Timeout(120)
class CompanyTest {
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

  private static String body(String question, String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]%s}".formatted(question, more);
  }

  private static JsonNode ask(String question, String more) {
    HttpResponse<String> response = server.chat(body(question, more));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestServer.json(response);
  }

  private static List<String> texts(JsonNode answer) {
    List<String> texts = new ArrayList<>();
    answer.get("choices").forEach(choice -> texts.add(choice.at("/message/content").asString()));
    return texts;
  }

  private static String streamed(String question) {
    return server
        .chat(body(question, ",\"stream\":true"))
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> Json.MAPPER.readTree(line.substring("data: ".length())))
        .map(event -> event.at("/choices/0/delta/content").asString(""))
        .collect(Collectors.joining());
  }

  @Test
  void of256ClientsEachGetsWhatItGetsAlone() throws Exception {
    List<String> questions = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      questions.add("What is %d + %d?".formatted(10 + 5 * i, 90 - 4 * i));
    }
    List<String> alone = questions.stream().map(q -> texts(ask(q, "")).getFirst()).toList();
    List<Callable<String>> clients = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      String question = questions.get(i % 16);
      clients.add(
          i % 2 == 0 ? () -> streamed(question) : () -> texts(ask(question, "")).getFirst());
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = threads.invokeAll(clients);
      for (int i = 0; i < 256; i++) {
        assertThat(answers.get(i).get()).isEqualTo(alone.get(i % 16));
      }
    }
    assertThat(model.stats().running() + model.stats().waiting()).isZero();
  }

  @Test
  void clientsThatLeaveFreeTheirPlaces() throws Exception {
    long failures = model.stats().failures();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> clients = new ArrayList<>();
      for (int i = 0; i < 48; i++) {
        clients.add(
            i % 2 == 0
                ? () -> leaveEarly(http)
                : () -> texts(ask("Tell me a story about a dog.", "")).getFirst());
      }
      String alone = texts(ask("Tell me a story about a dog.", "")).getFirst();
      for (Future<String> answer : threads.invokeAll(clients)) {
        assertThat(answer.get()).isIn("left", alone);
      }
    }
    while (model.stats().running() + model.stats().waiting() > 0) {
      Thread.sleep(20);
    }
    assertThat(model.stats().pagesHeld()).isZero();
    assertThat(model.stats().failures()).isEqualTo(failures);
  }

  /** Reads one event of an endless answer and hangs up. */
  private static String leaveEarly(HttpClient http) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.base() + "/v1/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    body("Hello", ",\"stream\":true,\"ignore_eos\":true,\"max_tokens\":3000")))
            .build();
    try (InputStream in = http.send(request, HttpResponse.BodyHandlers.ofInputStream()).body()) {
      assertThat(in.read()).isEqualTo('d');
    }
    return "left";
  }

  @Test
  void aSeedGivesTheSameSamplesAloneAndInCompany() throws Exception {
    String sampled = ",\"temperature\":1.2,\"seed\":5,\"n\":3,\"max_tokens\":24";
    List<String> alone = texts(ask("Tell me a story about a cat.", sampled));
    assertThat(alone).hasSize(3).doesNotHaveDuplicates();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<List<String>>> clients = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        String more = i % 3 == 0 ? sampled : ",\"temperature\":0.7,\"seed\":" + i;
        clients.add(() -> texts(ask("Tell me a story about a cat.", more)));
      }
      List<Future<List<String>>> answers = threads.invokeAll(clients);
      for (int i = 0; i < 12; i += 3) {
        assertThat(answers.get(i).get()).isEqualTo(alone);
      }
    }
  }

  @Test
  void samplesStreamUnderTheirIndex() {
    String more = ",\"temperature\":1.2,\"seed\":5,\"n\":3,\"max_tokens\":24";
    List<String> whole = texts(ask("Tell me a story about a cat.", more));
    StringBuilder[] streamed = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
    server
        .chat(body("Tell me a story about a cat.", more + ",\"stream\":true"))
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> Json.MAPPER.readTree(line.substring("data: ".length())).at("/choices/0"))
        .forEach(choice ->
            streamed[choice.get("index").asInt()].append(choice.at("/delta/content").asString("")));

    assertThat(streamed).extracting(StringBuilder::toString).containsExactlyElementsOf(whole);
  }

  @Test
  void logprobsOfGreedyTokensAreTheHighestAndSpellTheContent() {
    JsonNode choice =
        ask("What is 37 + 48?", ",\"logprobs\":true,\"top_logprobs\":3").at("/choices/0");

    StringBuilder spelt = new StringBuilder();
    for (JsonNode token : choice.at("/logprobs/content")) {
      spelt.append(token.get("token").asString());
      assertThat(token.get("top_logprobs")).hasSize(3);
      assertThat(token.at("/top_logprobs/0/token")).isEqualTo(token.get("token"));
      assertThat(token.get("logprob").asDouble()).isBetween(-1.0, 0.0);
    }
    assertThat(spelt.toString()).isEqualTo(choice.at("/message/content").asString()).isNotEmpty();
  }

  @Test
  void fieldsReachTheSampler() {
    String question = "What is 37 + 48?";
    int four = model.tokenizer().encode("4", false)[0];
    assertThat(
            texts(ask(question, ",\"logit_bias\":{\"%d\":100},\"max_tokens\":3".formatted(four))))
        .containsExactly("444");
    assertThat(texts(ask(question, ",\"allowed_token_ids\":[%d],\"max_tokens\":2".formatted(four))))
        .containsExactly("44");
    assertThat(texts(ask(question, ",\"stop_token_ids\":[%d]".formatted(four))).getFirst())
        .doesNotContain("4");
    JsonNode longer = ask(question, ",\"ignore_eos\":true,\"max_tokens\":30");
    assertThat(longer.at("/usage/completion_tokens").asInt()).isEqualTo(30);
    JsonNode atLeast = ask(question, ",\"min_tokens\":20,\"max_tokens\":40");
    assertThat(atLeast.at("/usage/completion_tokens").asInt()).isGreaterThan(20);
  }

  @Test
  void cachedTokensAreCounted() {
    String question = "Please remember: " + "my favourite colour is blue. ".repeat(12);
    ask(question, ",\"max_tokens\":1");
    JsonNode again = ask(question, ",\"max_tokens\":1");
    assertThat(again.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isPositive();
    JsonNode salted = ask(question, ",\"max_tokens\":1,\"cache_salt\":\"mine\"");
    assertThat(salted.at("/usage/prompt_tokens_details/cached_tokens").asInt()).isZero();
  }
}

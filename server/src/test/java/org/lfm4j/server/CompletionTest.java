package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** {@code /v1/completions} with the demo model. */
@Timeout(60)
class CompletionTest {
  private static final String GREEDY = ",\"temperature\":0,\"repetition_penalty\":1";
  private static final String THREE = ",\"max_tokens\":3,\"ignore_eos\":true";
  private static final String TEXT = "The capital of France is Paris. ¿Qué tal, 東京?";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = Demo.small(512);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  private static String quoted(String text) {
    return Json.MAPPER.writeValueAsString(text);
  }

  private static HttpResponse<String> post(String prompt, String more) {
    return demo.server.post("/v1/completions", "{\"prompt\":%s%s}".formatted(prompt, more));
  }

  private static JsonNode ask(String prompt, String more) {
    HttpResponse<String> response = post(prompt, more);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestServer.json(response);
  }

  private static int[] ids(String text) {
    return demo.model.tokenizer().encodeTrusted(text, true);
  }

  private static List<JsonNode> events(String prompt, String more) {
    HttpResponse<String> response = post(prompt, ",\"stream\":true" + more);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.body()).endsWith("data: [DONE]\n\n");
    return response
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> Json.MAPPER.readTree(line.substring("data: ".length())))
        .toList();
  }

  private static String joined(List<JsonNode> events, int index) {
    return events.stream()
        .map(event -> event.at("/choices/0"))
        .filter(choice -> choice.path("index").asInt(-1) == index)
        .map(choice -> choice.path("text").asString())
        .collect(Collectors.joining());
  }

  @Test
  void continuesTextBySixteenTokens() {
    JsonNode body = ask(quoted(TEXT), GREEDY + ",\"ignore_eos\":true");
    assertThat(body.path("id").asString()).matches("cmpl-[0-9a-f]{32}");
    assertThat(body.path("object").asString()).isEqualTo("text_completion");
    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(16);
    assertThat(body.at("/usage/prompt_tokens").asInt()).isEqualTo(ids(TEXT).length);
    JsonNode choice = body.at("/choices/0");
    assertThat(choice.propertyNames())
        .containsExactly("index", "text", "logprobs", "finish_reason", "stop_reason");
    assertThat(choice.path("finish_reason").asString()).isEqualTo("length");
    assertThat(choice.path("text").asString()).isNotEmpty();
  }

  @Test
  void textAndItsTokensAreTheSamePrompt() {
    String text = ask(quoted(TEXT), GREEDY).at("/choices/0/text").asString();
    String list = Arrays.toString(ids(TEXT));
    assertThat(ask(list, GREEDY).at("/choices/0/text").asString()).isEqualTo(text);
    assertThat(ask("[" + list + "]", GREEDY).at("/choices/0/text").asString()).isEqualTo(text);
    assertThat(ask("[" + quoted(TEXT) + "]", GREEDY).at("/choices/0/text").asString())
        .isEqualTo(text);
  }

  @Test
  void severalPromptsAndSamplesAreNumberedPromptByPrompt() {
    String two = "[\"The sun is\", \"Once upon a time\"]";
    JsonNode body = ask(two, GREEDY + ",\"n\":2,\"max_tokens\":5,\"ignore_eos\":true");
    List<String> texts =
        body.path("choices").valueStream().map(c -> c.path("text").asString()).toList();
    assertThat(texts).hasSize(4);
    assertThat(texts.get(0)).isEqualTo(texts.get(1)).isNotEqualTo(texts.get(2));
    assertThat(texts.get(2)).isEqualTo(texts.get(3));
    assertThat(body.at("/choices/3/index").asInt()).isEqualTo(3);
    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(20);
    assertThat(body.at("/usage/prompt_tokens").asInt())
        .isEqualTo(ids("The sun is").length + ids("Once upon a time").length);
    List<JsonNode> events =
        events(
            two,
            GREEDY
                + ",\"n\":2,\"max_tokens\":5,\"ignore_eos\":true,\"stream_options\":{\"include_usage\":true}");
    for (int i = 0; i < 4; i++) {
      assertThat(joined(events, i)).isEqualTo(texts.get(i));
    }
    assertThat(events.getLast().path("choices")).isEmpty();
    assertThat(events.getLast().path("usage").path("completion_tokens").asInt()).isEqualTo(20);
  }

  @Test
  void echoedPromptHasItsLogprobsAndNothingIsGenerated() {
    JsonNode body = ask(quoted(TEXT), ",\"echo\":true,\"logprobs\":2,\"max_tokens\":0");
    JsonNode choice = body.at("/choices/0");
    int[] ids = ids(TEXT);
    assertThat(choice.path("text").asString()).isEqualTo(TEXT);
    assertThat(choice.path("finish_reason").asString()).isEqualTo("length");
    assertThat(body.at("/usage/completion_tokens").asInt()).isZero();
    JsonNode logprobs = choice.path("logprobs");
    for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
      assertThat(logprobs.path(list).size()).as(list).isEqualTo(ids.length);
    }
    assertThat(logprobs.at("/token_logprobs/0").isNull()).isTrue();
    assertThat(logprobs.at("/top_logprobs/0").isNull()).isTrue();
    assertThat(logprobs.at("/tokens/0").asString()).isEqualTo(demo.model.tokenizer().token(ids[0]));
    for (int i = 1; i < ids.length; i++) {
      String token = logprobs.path("tokens").get(i).asString();
      double logprob = logprobs.path("token_logprobs").get(i).doubleValue();
      JsonNode top = logprobs.path("top_logprobs").get(i);
      assertThat(top.size()).isBetween(1, 3);
      if (!token.contains("\uFFFD")) {
        assertThat(top.path(token).doubleValue()).isCloseTo(logprob, within(1e-6));
        assertThat(TEXT.substring(logprobs.path("text_offset").get(i).asInt())).startsWith(token);
      }
    }
  }

  @Test
  void echoedLogprobsAreThoseOfPromptLogprobs() {
    JsonNode choice =
        ask(quoted(TEXT), GREEDY + THREE + ",\"echo\":true,\"logprobs\":1").at("/choices/0");
    JsonNode apart =
        ask(quoted(TEXT), GREEDY + THREE + ",\"prompt_logprobs\":1,\"logprobs\":1")
            .at("/choices/0");
    int[] ids = ids(TEXT);
    JsonNode all = choice.at("/logprobs/token_logprobs");
    assertThat(choice.path("text").asString()).isEqualTo(TEXT + apart.path("text").asString());
    assertThat(all.size()).isEqualTo(ids.length + 3);
    for (int i = 1; i < ids.length; i++) {
      JsonNode same = apart.path("prompt_logprobs").get(i).path(Integer.toString(ids[i]));
      assertThat(all.get(i).doubleValue()).isEqualTo(same.path("logprob").doubleValue());
    }
    for (int i = 0; i < 3; i++) {
      assertThat(all.get(ids.length + i)).isEqualTo(apart.at("/logprobs/token_logprobs").get(i));
    }
  }

  @Test
  void aStreamHasTheSameTextLogprobsAndIds() {
    String fields =
        GREEDY + ",\"echo\":true,\"logprobs\":2,\"max_tokens\":6,\"return_token_ids\":true";
    JsonNode whole = ask(quoted(TEXT), fields).at("/choices/0");
    List<JsonNode> events = events(quoted(TEXT), fields);
    assertThat(joined(events, 0)).isEqualTo(whole.path("text").asString());
    for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
      assertThat(values(events, "/choices/0/logprobs/" + list))
          .as(list)
          .isEqualTo(whole.at("/logprobs/" + list).valueStream().toList());
    }
    assertThat(values(events, "/choices/0/token_ids"))
        .isEqualTo(whole.path("token_ids").valueStream().toList());
    assertThat(values(events, "/choices/0/prompt_token_ids"))
        .isEqualTo(whole.path("prompt_token_ids").valueStream().toList())
        .hasSize(ids(TEXT).length);
    assertThat(events.getLast().at("/choices/0/finish_reason"))
        .isEqualTo(whole.path("finish_reason"));
  }

  private static List<JsonNode> values(List<JsonNode> events, String path) {
    return events.stream().flatMap(event -> event.at(path).valueStream()).toList();
  }

  @Test
  void aStreamedEchoWithoutAnswer() {
    List<JsonNode> events =
        events(quoted(TEXT), ",\"echo\":true,\"logprobs\":0,\"max_tokens\":0,\"n\":2");
    assertThat(joined(events, 0)).isEqualTo(TEXT);
    assertThat(joined(events, 1)).isEqualTo(TEXT);
    assertThat(values(events, "/choices/0/logprobs/tokens")).hasSize(2 * ids(TEXT).length);
  }

  /** The last token of lm-eval's request is generated and cut off; an end of turn counts too. */
  @Test
  void theTokenThatEndsTheAnswerIsReported() {
    int end = demo.model.generationConfig().eosTokenIds().iterator().next();
    JsonNode choice =
        ask(
                quoted(TEXT),
                ",\"echo\":true,\"logprobs\":1,\"max_tokens\":1,\"allowed_token_ids\":[%d]"
                    .formatted(end))
            .at("/choices/0");
    assertThat(choice.path("text").asString()).isEqualTo(TEXT);
    assertThat(choice.at("/logprobs/tokens").size()).isEqualTo(ids(TEXT).length + 1);
    assertThat(choice.path("finish_reason").asString()).isEqualTo("stop");
    assertThat(choice.path("stop_reason").isNull()).isTrue();
  }

  @Test
  void tokensCanBeNamedByTheirIds() {
    int[] ids = ids(TEXT);
    JsonNode logprobs =
        ask(
                quoted(TEXT),
                ",\"echo\":true,\"logprobs\":1,\"max_tokens\":0,\"return_tokens_as_token_ids\":true")
            .at("/choices/0/logprobs");
    for (int i = 0; i < ids.length; i++) {
      assertThat(logprobs.path("tokens").get(i).asString()).isEqualTo("token_id:" + ids[i]);
    }
  }

  @Test
  void promptsAreCutOnEitherSide() {
    int[] ids = ids(TEXT);
    String fields = ",\"echo\":true,\"max_tokens\":0,\"truncate_prompt_tokens\":4";
    int[] last = Arrays.copyOfRange(ids, ids.length - 4, ids.length);
    int[] first = Arrays.copyOf(ids, 4);
    assertThat(ask(quoted(TEXT), fields).at("/choices/0/text").asString())
        .isEqualTo(demo.model.tokenizer().decode(last, false));
    assertThat(
            ask(quoted(TEXT), fields + ",\"truncation_side\":\"right\"")
                .at("/choices/0/text")
                .asString())
        .isEqualTo(demo.model.tokenizer().decode(first, false));
    JsonNode fitted =
        ask(quoted("word ".repeat(2000)), ",\"truncate_prompt_tokens\":-1,\"max_tokens\":12");
    assertThat(fitted.at("/usage/prompt_tokens").asInt()).isEqualTo(500);
  }

  @Test
  void specialTokensOfThePromptCountAsSuch() {
    int[] with = ids("<|im_start|>user");
    assertThat(ask(quoted("<|im_start|>user"), "").at("/usage/prompt_tokens").asInt())
        .isEqualTo(with.length);
    assertThat(
            ask(quoted("<|im_start|>user"), ",\"add_special_tokens\":false")
                .at("/usage/prompt_tokens")
                .asInt())
        .isEqualTo(with.length - demo.model.tokenizer().prefixIds().length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ""     | | prompt must be a text of at least one character, a list of texts, a list of token ids, or a list of such lists, got ""
          null   | | prompt must be a text of at least one character, a list of texts, a list of token ids, or a list of such lists, got null
          []     | | prompt must be a text of at least one character, a list of texts, a list of token ids, or a list of such lists, got []
          [[]]   | | prompt[0] must be a text or a list of token ids, got []
          [1.5]  | | prompt[0] must be a token id in [0, 65536), got 1.5
          [3, "a"] | | prompt[1] must be a token id in [0, 65536), got "a"
          ["a", 3] | | prompt[1] must be a text or a list of token ids, got 3
          [[70000]] | | prompt[0][0] must be a token id in [0, 65536), got 70000
          [-1]   | | prompt[0] must be a token id in [0, 65536), got -1
          "a"    | , "max_tokens": 0 | max_tokens must be at least 1, got 0
          "a"    | , "max_tokens": -1, "echo": true | max_tokens must be at least 0, got -1
          "a"    | , "logprobs": true | logprobs must be an integer of at most 64 bits, got true
          "a"    | , "logprobs": 21 | logprobs must be in [0, 20], or -1 for the whole vocabulary, got 21
          "a"    | , "suffix": "b" | suffix is not supported by this server, got "b": leave it out
          "a"    | , "prompt_embeds": "b" | prompt_embeds is not supported by this server, got "b": leave it out
          "a"    | , "stop_token_ids": [1], "best_of": 3 | best_of is not supported by this server, got 3: leave it out
          "a"    | , "n": 129 | n must be in [1, 128], got 129
          """)
  void wrongRequestsAreNamed(String prompt, String more, String message) {
    HttpResponse<String> response = post(prompt, more == null ? "" : more);
    assertThat(response.statusCode()).isEqualTo(400);
    String vocabulary = Integer.toString(demo.model.config().vocabSize());
    assertThat(TestServer.json(response).at("/error/message").asString())
        .isEqualTo(message.replace("65536", vocabulary));
  }

  @Test
  void tooManyAnswersAreRefused() {
    String many = "[" + "\"a\",".repeat(99) + "\"a\"]";
    assertThat(TestServer.json(post(many, ",\"n\":11")).at("/error/message").asString())
        .isEqualTo("prompts times n must be at most 1024, got 1100: send several requests");
    String more = "[" + "\"a\",".repeat(1024) + "\"a\"]";
    assertThat(TestServer.json(post(more, "")).at("/error/message").asString())
        .isEqualTo("prompt may hold at most 1024 texts or lists, got 1025: send several requests");
  }

  @Test
  void unknownFieldsAreNamed() {
    assertThat(post("\"a\"", ",\"temprature\":1").headers().firstValue("x-lfm-ignored-fields"))
        .contains("temprature");
  }
}

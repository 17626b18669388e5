package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.ChatPrompt;
import tools.jackson.databind.JsonNode;

/** {@code /tokenize} and {@code /detokenize} with the demo model. */
class TokenizeTest {
  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = Demo.small(256);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  private static JsonNode post(String path, String body) {
    HttpResponse<String> response = demo.server.post(path, body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestServer.json(response);
  }

  private static int[] tokens(String body) {
    return post("/tokenize", body).path("tokens").valueStream().mapToInt(JsonNode::asInt).toArray();
  }

  @Test
  void textBecomesTokensAndTextAgain() {
    JsonNode body = post("/tokenize", "{\"prompt\":\"Hello, 東京!\",\"return_token_strs\":true}");
    int[] ids = demo.model.tokenizer().encode("Hello, 東京!", true);
    assertThat(body.path("count").asInt()).isEqualTo(ids.length);
    assertThat(body.path("max_model_len").asInt()).isEqualTo(256);
    assertThat(body.path("tokens")).isEqualTo(Json.MAPPER.valueToTree(ids));
    assertThat(body.path("token_strs").size()).isEqualTo(ids.length);
    for (int i = 0; i < ids.length; i++) {
      assertThat(demo.model.tokenizer().id(body.path("token_strs").get(i).asString()))
          .hasValue(ids[i]);
    }
    assertThat(
            post("/detokenize", "{\"tokens\":%s}".formatted(Arrays.toString(ids)))
                .path("prompt")
                .asString())
        .isEqualTo(demo.model.tokenizer().token(ids[0]) + "Hello, 東京!");
  }

  @Test
  void theFirstTokenCanBeLeftOut() {
    assertThat(tokens("{\"prompt\":\"a\",\"add_special_tokens\":false}"))
        .isEqualTo(demo.model.tokenizer().encode("a", false));
    assertThat(
            post("/tokenize", "{\"prompt\":\"\",\"add_special_tokens\":false}")
                .path("count")
                .asInt())
        .isZero();
  }

  @Test
  void conversationsAreEncodedAsForChat() {
    String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
    List<Map<String, Object>> said = List.of(Map.of("role", "user", "content", "Hi"));
    int[] open = tokens("{" + messages + "}");
    assertThat(open).isEqualTo(demo.model.encode(new ChatPrompt(said)));
    int[] closed = tokens("{" + messages + ",\"add_generation_prompt\":false}");
    assertThat(closed)
        .isEqualTo(demo.model.encode(new ChatPrompt(said, List.of(), false, Map.of())))
        .hasSizeLessThan(open.length);
    assertThat(tokens("{" + messages + ",\"add_special_tokens\":true}"))
        .hasSize(open.length + demo.model.tokenizer().prefixIds().length);
    assertThat(
            tokens(
                "{"
                    + messages
                    + ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}"))
        .hasSizeGreaterThan(open.length);
    assertThat(
            TestServer.json(demo.post("Hi", ",\"max_tokens\":1"))
                .at("/usage/prompt_tokens")
                .asInt())
        .isEqualTo(open.length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /tokenize | {} | prompt must be a text, unless messages are given, got nothing
          /tokenize | {"prompt": ["a"]} | prompt must be a string, got ["a"]
          /tokenize | {"prompt": "a", "messages": []} | prompt and messages can't both be given
          /tokenize | {"prompt": "a", "return_token_strs": 1} | return_token_strs must be true or false, got 1
          /detokenize | {} | tokens must be a list of token ids, got nothing
          /detokenize | {"tokens": [-1]} | tokens[0] must be a token id in [0, V), got -1
          /detokenize | {"tokens": ["a"]} | tokens[0] must be a token id in [0, V), got "a"
          """)
  void wrongRequestsAreNamed(String path, String body, String message) {
    HttpResponse<String> response = demo.server.post(path, body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(TestServer.json(response).at("/error/message").asString())
        .isEqualTo(message.replace("V)", demo.model.config().vocabSize() + ")"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"/tokenize|{'prompt':'a','x':1}", "/detokenize|{'tokens':[1],'x':1}"})
  void unknownFieldsAreNamedAndUnknownModelsRefused(String path, String body) {
    String json = body.replace('\'', '"');
    assertThat(demo.server.post(path, json).headers().firstValue("x-lfm-ignored-fields"))
        .contains("x");
    String other = json.replace("{", "{\"model\":\"gpt-9\",");
    assertThat(demo.server.post(path, other).statusCode()).isEqualTo(404);
  }
}

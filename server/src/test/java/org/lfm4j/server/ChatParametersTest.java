package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** What vLLM's users say beside OpenAI's fields, with the demo model. */
@Timeout(60)
class ChatParametersTest {
  private static final String QUESTION = "What is 37 + 48?";
  private static final String GREEDY = ",\"temperature\":0,\"repetition_penalty\":1";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = Demo.small(512);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  private static JsonNode chat(String messages, String more) {
    HttpResponse<String> response =
        demo.server.chat("{\"messages\":[%s]%s}".formatted(messages, more));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestServer.json(response);
  }

  private static String message(String role, String content) {
    return "{\"role\":\"%s\",\"content\":%s}"
        .formatted(role, Json.MAPPER.writeValueAsString(content));
  }

  @Test
  void aStopTextMayStay() {
    String whole = demo.text(QUESTION, GREEDY);
    String stop = whole.substring(3, 6);
    String fields = GREEDY + ",\"stop\":" + Json.MAPPER.writeValueAsString(stop);
    String cut = whole.substring(0, whole.indexOf(stop));
    assertThat(demo.text(QUESTION, fields)).isEqualTo(cut);
    String including = fields + ",\"include_stop_str_in_output\":true";
    assertThat(demo.text(QUESTION, including)).isEqualTo(cut + stop);
    assertThat(demo.streamed(QUESTION, including, 1)).containsExactly(cut + stop);
    assertThat(demo.ask(QUESTION, including).at("/choices/0/stop_reason").asString())
        .isEqualTo(stop);
  }

  @Test
  void aStopIdIsNamedAndMayStay() {
    JsonNode whole = demo.ask(QUESTION, GREEDY + ",\"return_token_ids\":true").at("/choices/0");
    int third = whole.at("/token_ids/2").asInt();
    String fields = GREEDY + ",\"return_token_ids\":true,\"stop_token_ids\":[" + third + "]";
    JsonNode stopped = demo.ask(QUESTION, fields).at("/choices/0");
    assertThat(stopped.path("finish_reason").asString()).isEqualTo("stop");
    assertThat(stopped.path("stop_reason").isInt()).isTrue();
    assertThat(stopped.path("stop_reason").asInt()).isEqualTo(third);
    String without = stopped.at("/message/content").asString();
    assertThat(demo.text(QUESTION, fields + ",\"include_stop_str_in_output\":true"))
        .isEqualTo(without + demo.model.tokenizer().token(third));
  }

  @Test
  void theModelsOwnEndHasNoStopReason() {
    int end = demo.model.generationConfig().eosTokenIds().iterator().next();
    JsonNode choice =
        demo.ask(QUESTION, GREEDY + ",\"stop_token_ids\":[" + end + "]").at("/choices/0");
    assertThat(choice.path("finish_reason").asString()).isEqualTo("stop");
    assertThat(choice.path("stop_reason").isNull()).isTrue();
  }

  @Test
  void specialTokensCanBeShown() {
    int end = demo.model.generationConfig().eosTokenIds().iterator().next();
    String fields =
        ",\"allowed_token_ids\":[%d],\"max_tokens\":1,\"ignore_eos\":true".formatted(end);
    assertThat(demo.text(QUESTION, fields)).isEmpty();
    assertThat(demo.text(QUESTION, fields + ",\"skip_special_tokens\":false"))
        .isEqualTo(demo.model.tokenizer().token(end));
  }

  @Test
  void tokenIdsComeWithTextAndStream() {
    String fields = GREEDY + ",\"return_token_ids\":true";
    JsonNode whole = demo.ask(QUESTION, fields);
    assertThat(whole.path("prompt_token_ids").size())
        .isEqualTo(whole.at("/usage/prompt_tokens").asInt());
    assertThat(whole.at("/choices/0/token_ids").size())
        .isEqualTo(whole.at("/usage/completion_tokens").asInt());
    List<JsonNode> events =
        demo.post(QUESTION, ",\"stream\":true" + fields)
            .body()
            .lines()
            .filter(line -> line.startsWith("data: {"))
            .map(line -> Json.MAPPER.readTree(line.substring("data: ".length())))
            .toList();
    assertThat(events.getFirst().path("prompt_token_ids"))
        .isEqualTo(whole.path("prompt_token_ids"));
    assertThat(
            events.stream()
                .flatMap(event -> event.at("/choices/0/token_ids").valueStream())
                .toList())
        .isEqualTo(whole.at("/choices/0/token_ids").valueStream().toList());
  }

  @Test
  void tokensCanBeNamedByTheirIds() {
    JsonNode choice =
        demo.ask(
                QUESTION,
                GREEDY
                    + ",\"return_token_ids\":true,\"logprobs\":true,\"top_logprobs\":1,\"return_tokens_as_token_ids\":true")
            .at("/choices/0");
    assertThat(choice.at("/logprobs/content/0/token").asString())
        .isEqualTo("token_id:" + choice.at("/token_ids/0").asInt());
    assertThat(choice.at("/logprobs/content/0/top_logprobs/0/token").asString())
        .startsWith("token_id:");
  }

  @Test
  void aBegunAnswerGoesOn() {
    String whole = demo.text(QUESTION, GREEDY);
    String begun = whole.substring(0, whole.length() / 2).stripTrailing();
    String both = message("user", QUESTION) + "," + message("assistant", begun);
    String fields = GREEDY + ",\"continue_final_message\":true";
    String rest = chat(both, fields).at("/choices/0/message/content").asString();
    JsonNode echoed = chat(both, fields + ",\"echo\":true").at("/choices/0/message");
    assertThat(echoed.path("content").asString()).isEqualTo(begun + rest);
    assertThat(echoed.path("role").asString()).isEqualTo("assistant");
    int prompt = chat(both, fields).at("/usage/prompt_tokens").asInt();
    int before =
        chat(message("user", QUESTION), ",\"max_tokens\":1").at("/usage/prompt_tokens").asInt();
    int words = demo.model.tokenizer().encode(begun, false).length;
    assertThat(prompt).isEqualTo(before + words);
  }

  @Test
  void withoutGenerationPromptTheLastRoleGoesOn() {
    JsonNode message =
        chat(
                message("user", QUESTION),
                ",\"add_generation_prompt\":false,\"echo\":true,\"max_tokens\":2")
            .at("/choices/0/message");
    assertThat(message.path("role").asString()).isEqualTo("user");
    assertThat(message.path("content").asString()).startsWith(QUESTION);
  }

  @Test
  void promptsCanBeCut() {
    assertThat(
            demo.ask(QUESTION, ",\"truncate_prompt_tokens\":5,\"max_tokens\":1")
                .at("/usage/prompt_tokens")
                .asInt())
        .isEqualTo(5);
  }

  @Test
  void theRequestsOwnNameIsInTheId() {
    assertThat(
            demo.ask(QUESTION, ",\"request_id\":\"mine\",\"max_tokens\":1").path("id").asString())
        .isEqualTo("chatcmpl-mine");
  }

  @Test
  void trustedTemplatesReplaceTheModels() {
    String template = "{{ messages[0].content }}{{ documents[0].title }}";
    String fields =
        ",\"max_tokens\":1,\"return_token_ids\":true,\"documents\":[{\"title\":\"T\"}],\"chat_template\":"
            + Json.MAPPER.writeValueAsString(template);
    try (TestServer trusting = TestServer.trusting(demo.model)) {
      JsonNode body = TestServer.json(trusting.chat(Demo.request("abc", fields)));
      assertThat(body.path("prompt_token_ids"))
          .isEqualTo(Json.MAPPER.valueToTree(demo.model.tokenizer().encode("abcT", false)));
      HttpResponse<String> broken =
          trusting.chat(Demo.request("abc", ",\"chat_template\":\"{% if %}\""));
      assertThat(broken.statusCode()).isEqualTo(400);
    }
  }
}

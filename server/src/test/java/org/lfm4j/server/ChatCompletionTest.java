package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.lfm4j.GenerationRequest;
import org.lfm4j.sampling.SamplingParams;
import tools.jackson.databind.JsonNode;

class ChatCompletionTest {
  private static final String HELLO =
      """
      {"model": "LiquidAI/LFM2-24B-A2B", "messages": [{"role": "user", "content": "say hello"}]}\
      """;

  @Test
  void answersWithTheWholeText() {
    FakeModel model = FakeModel.saying("Hel", "lo", "!");
    try (TestServer server = TestServer.with(model)) {
      HttpResponse<String> response = server.chat(HELLO);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      assertThat(response.headers().firstValue("content-type")).contains("application/json");
      JsonNode body = TestServer.json(response);
      assertThat(body.path("id").asString()).matches("chatcmpl-[0-9a-f]{32}");
      assertThat(body.path("created").asLong()).isGreaterThan(1_700_000_000L);
      String stable =
          response
              .body()
              .replaceFirst("chatcmpl-[0-9a-f]+", "ID")
              .replaceFirst("\"created\":\\d+", "\"created\":0");
      assertThat(stable)
          .isEqualTo(
              """
              {"id":"ID","object":"chat.completion","created":0,"model":"LiquidAI/LFM2-24B-A2B",\
              "choices":[{"index":0,"message":{"role":"assistant","content":"Hello!","refusal":null},\
              "logprobs":null,"finish_reason":"stop","stop_reason":null}],\
              "usage":{"prompt_tokens":2,"total_tokens":5,"completion_tokens":3,\
              "prompt_tokens_details":{"cached_tokens":0}},"system_fingerprint":"lfm4j-0.1.0"}\
              """);
    }
  }

  @Test
  void theArticlesRequestWorksWordForWord() {
    FakeModel model = FakeModel.saying("C. elegans");
    try (TestServer server = TestServer.with(model)) {
      HttpResponse<String> response =
          server.chat(
              """
              {
                "model": "LiquidAI/LFM2-24B-A2B",
                "messages": [{"role": "user", "content": "What is C. elegans?"}],
                "temperature": 0.1,
                "top_k": 50,
                "repetition_penalty": 1.05,
                "max_tokens": 512
              }\
              """);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      GenerationRequest request = model.lastRequest();
      assertThat(request.sampling())
          .isEqualTo(new SamplingParams(0.1, 50, 1, 0.15, 1.05, OptionalLong.empty()));
      assertThat(request.maxTokens()).as("512, cut to the context of 100").isEqualTo(96);
    }
  }

  @Test
  void defaultsAreTheModelsOwn() {
    FakeModel model = FakeModel.saying("x");
    try (TestServer server = TestServer.with(model)) {
      server.chat(HELLO);
      assertThat(model.lastRequest().sampling()).isEqualTo(FakeModel.DEFAULTS);
      assertThat(model.lastRequest().maxTokens()).isEqualTo(98);
      assertThat(model.lastRequest().stop()).isEmpty();
      assertThat(model.lastRequest().skipSpecialTokens()).isTrue();
    }
  }

  @Test
  void everyParameterReachesTheEngine() {
    FakeModel model = FakeModel.saying("x");
    try (TestServer server = TestServer.with(model)) {
      HttpResponse<String> response =
          server.chat(
              """
              {"messages": [{"role": "user", "content": "a"}], "temperature": 0, "top_p": 0.5,
               "top_k": -1, "min_p": 0, "repetition_penalty": 1.5, "seed": -9223372036854775808,
               "stop": ["\\n", "END"], "max_tokens": 7, "max_completion_tokens": 3,
               "n": 1, "logprobs": false, "user": "me", "frequency_penalty": 0.0,
               "response_format": {"type": "text"}, "logit_bias": {}}\
              """);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      GenerationRequest request = model.lastRequest();
      assertThat(request.sampling())
          .isEqualTo(new SamplingParams(0, 0, 0.5, 0, 1.5, OptionalLong.of(Long.MIN_VALUE)));
      assertThat(request.stop()).containsExactly("\n", "END");
      assertThat(request.maxTokens()).isEqualTo(3);
      assertThat(response.headers().firstValue("x-lfm-ignored-fields")).isEmpty();
      assertThat(TestServer.json(response).path("model").asString()).isEqualTo(TestServer.NAME);
    }
  }

  @Test
  void saysLengthAndTheStopText() {
    FakeModel model = FakeModel.saying("a", "b", "c");
    try (TestServer server = TestServer.with(model)) {
      JsonNode cut =
          TestServer.json(
              server.chat(
                  "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":2}"));
      assertThat(cut.at("/choices/0/finish_reason").asString()).isEqualTo("length");
      assertThat(cut.at("/choices/0/message/content").asString()).isEqualTo("ab");
      model.stop = java.util.Optional.of("END");
      JsonNode stopped = TestServer.json(server.chat(HELLO));
      assertThat(stopped.at("/choices/0/stop_reason").asString()).isEqualTo("END");
    }
  }

  @Test
  void namesUnknownFieldsInAHeader() {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      HttpResponse<String> response =
          server.chat(
              "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temprature\":1,\"gr\u00fc\u00df\":2}");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("x-lfm-ignored-fields"))
          .contains("temprature, gr??");
    }
  }

  @Test
  void theAliasIsEchoed() {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      HttpResponse<String> response =
          server.chat("{\"model\":\"lfm2\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
      assertThat(TestServer.json(response).path("model").asString()).isEqualTo("lfm2");
    }
  }

  @Test
  void conversationsReachTheTemplateInItsForm() {
    FakeModel model = FakeModel.saying("x");
    try (TestServer server = TestServer.with(model)) {
      HttpResponse<String> response =
          server.chat(
              """
              {"messages": [
                {"role": "developer", "content": [{"type": "text", "text": "Be "},
                                                  {"type": "text", "text": "kind."}]},
                {"role": "user", "content": "Weather?", "name": "Ann"},
                {"role": "assistant", "content": null, "tool_calls": [
                  {"id": "c1", "type": "function",
                   "function": {"name": "weather", "arguments": "{\\"city\\": \\"Bern\\", \\"days\\": 2}"}}]},
                {"role": "tool", "tool_call_id": "c1", "content": "sunny"}],
               "tools": [{"type": "function", "function": {"name": "weather", "parameters": {}}}],
               "tool_choice": "auto",
               "chat_template_kwargs": {"keep_past_thinking": true}}\
              """);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      List<Map<String, Object>> messages = model.lastPrompt().messages();
      assertThat(messages.get(0)).isEqualTo(Map.of("role", "system", "content", "Be kind."));
      assertThat(messages.get(1))
          .isEqualTo(Map.of("role", "user", "content", "Weather?", "name", "Ann"));
      assertThat(messages.get(2))
          .isEqualTo(
              Map.of(
                  "role",
                  "assistant",
                  "content",
                  "",
                  "tool_calls",
                  List.of(
                      Map.of(
                          "id",
                          "c1",
                          "type",
                          "function",
                          "function",
                          Map.of(
                              "name",
                              "weather",
                              "arguments",
                              Map.of("city", "Bern", "days", 2L))))));
      assertThat(messages.get(3))
          .isEqualTo(Map.of("role", "tool", "content", "sunny", "tool_call_id", "c1"));
      assertThat(model.lastPrompt().tools()).hasSize(1);
      assertThat(model.lastPrompt().addGenerationPrompt()).isTrue();
      assertThat(model.lastPrompt().arguments()).isEqualTo(Map.of("keep_past_thinking", true));
      assertThat(model.lastRequest().skipSpecialTokens()).as("tool-call markers stay").isFalse();
    }
  }

  @Test
  void toolChoiceNoneHidesTheTools() {
    FakeModel model = FakeModel.saying("x");
    try (TestServer server = TestServer.with(model)) {
      server.chat(
          """
          {"messages": [{"role": "user", "content": "x"}], "tool_choice": "none",
           "tools": [{"type": "function", "function": {"name": "f"}}]}\
          """);
      assertThat(model.lastPrompt().tools()).isEmpty();
    }
  }
}

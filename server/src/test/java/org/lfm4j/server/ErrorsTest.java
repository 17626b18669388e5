package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Everything a client can get wrong, and what it is told. */
class ErrorsTest {
  private static final FakeModel MODEL = FakeModel.saying("x");
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.with(MODEL);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void assertError(
      HttpResponse<String> response, int status, String type, String param, String message) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
    JsonNode body = TestServer.json(response);
    assertThat(body.propertyNames()).containsExactly("error");
    JsonNode error = body.get("error");
    assertThat(error.propertyNames()).containsExactly("message", "type", "param", "code");
    assertThat(error.path("message").asString()).isEqualTo(message);
    assertThat(error.path("type").asString()).isEqualTo(type);
    assertThat(error.path("param").asString("")).isEqualTo(param);
    assertThat(error.path("code").asInt()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "temperature": "hot"        | temperature | temperature must be a number, got "hot"
          "temperature": true         | temperature | temperature must be a number, got true
          "temperature": -0.5         | temperature | temperature must be in [0, 2], got -0.5
          "temperature": 2.5          | temperature | temperature must be in [0, 2], got 2.5
          "temperature": 1e999        | temperature | temperature must be a number that fits a double, got "Infinity"
          "top_p": 0                  | top_p | top_p must be in (0, 1], got 0.0
          "top_p": [1]                | top_p | top_p must be a number, got [1]
          "top_k": -2                 | top_k | top_k must be at least 1, or 0 or -1 to keep all tokens, got -2
          "frequency_penalty": 2.5    | frequency_penalty | frequency_penalty must be in [-2, 2], got 2.5
          "presence_penalty": "a"     | presence_penalty | presence_penalty must be a number, got "a"
          "logit_bias": {"a": 1}      | logit_bias | logit_bias must have token ids as keys, got "a"
          "logit_bias": {"5": "b"}    | logit_bias | logit_bias.5 must be a number, got "b"
          "logit_bias": [5]           | logit_bias | logit_bias must be an object, got [5]
          "allowed_token_ids": ["a"]  | allowed_token_ids | allowed_token_ids must be a list of token ids, got ["a"]
          "stop_token_ids": 5         | stop_token_ids | stop_token_ids must be a list, got 5
          "ignore_eos": 1             | ignore_eos | ignore_eos must be true or false, got 1
          "stop_token_ids": [-1]      | stop_token_ids | stop_token_ids must be a list of token ids, got [-1]
          "allowed_token_ids": []     | allowed_token_ids | allowed_token_ids must be left out or name at least one id, got an empty list
          "bad_words": "no"           | bad_words | bad_words must be a list, got "no"
          "bad_words": [" "]          | bad_words | bad_words must be a list of words, got [" "]
          "prompt_logprobs": 21       | prompt_logprobs | prompt_logprobs must be in [0, 20], or -1 for the whole vocabulary, got 21
          "prompt_logprobs": 1, "stream": true | prompt_logprobs | prompt_logprobs can only be given when stream is false
          "min_tokens": 200           | min_tokens | min_tokens must be at most max_tokens, 99, got 200
          "n": 0                      | n | n must be in [1, 128], got 0
          "n": 1000                   | n | n must be in [1, 128], got 1000
          "logprobs": 5               | logprobs | logprobs must be true or false, got 5
          "top_logprobs": 3           | top_logprobs | top_logprobs can only be given when logprobs is true
          "logprobs": true, "top_logprobs": 21 | top_logprobs | top_logprobs must be in [0, 20], or -1 for the whole vocabulary, got 21
          "priority": 3               | priority | priority must be 0 on this server, got 3: start it with --scheduling-policy priority
          "cache_salt": ""            | cache_salt | cache_salt must be a text of 1 to 1024 characters, got ""
          "top_k": 1.5                | top_k | top_k must be an integer of at most 64 bits, got 1.5
          "min_p": 1.1                | min_p | min_p must be in [0, 1], got 1.1
          "repetition_penalty": 0     | repetition_penalty | repetition_penalty must be greater than 0, got 0.0
          "seed": 9223372036854775808 | seed | seed must be an integer of at most 64 bits, got 9223372036854775808
          "seed": "1"                 | seed | seed must be an integer of at most 64 bits, got "1"
          "max_tokens": 0             | max_tokens | max_tokens must be at least 1, got 0
          "max_tokens": "all"         | max_tokens | max_tokens must be an integer of at most 64 bits, got "all"
          "max_completion_tokens": -1 | max_completion_tokens | max_completion_tokens must be at least 1, got -1
          "stop": 5                   | stop | stop must be a string or a list of strings, got 5
          "stop": ["a", 5]            | stop | stop must be a string or a list of strings, got ["a",5]
          "stop": ""                  | stop | stop must be texts of 1 to 1024 characters, got ""
          "stream": "yes"             | stream | stream must be true or false, got "yes"
          "stream_options": {}        | stream_options | stream_options can only be given when stream is true
          "stream": true, "stream_options": 1 | stream_options | stream_options must be an object, got 1
          "stream": true, "stream_options": {"include_usage": 1} | stream_options.include_usage | stream_options.include_usage must be true or false, got 1
          "continue_final_message": true, "add_generation_prompt": true | continue_final_message | continue_final_message and add_generation_prompt can't both be true
          "documents": ["a"]          | documents[0] | documents[0] must be an object, got "a"
          "chat_template": "{{x}}"    | chat_template | chat_template is refused by this server: start it with --trust-request-chat-template
          "truncate_prompt_tokens": 0 | truncate_prompt_tokens | truncate_prompt_tokens must be at least 1, or -1 for what fits, got 0
          "truncation_side": "up"     | truncation_side | truncation_side must be "left" or "right", got "up"
          "request_id": ""            | request_id | request_id must be a text of 1 to 256 characters, got ""
          "skip_special_tokens": 1    | skip_special_tokens | skip_special_tokens must be true or false, got 1
          "chat_template_kwargs": []  | chat_template_kwargs | chat_template_kwargs must be an object, got []
          "model": 7                  | model | model must be a string, got 7
          "tools": []                 | tools | tools must be a list of at least one tool, got []
          "tools": {"a": 1}           | tools | tools must be a list, got {"a":1}
          "tools": ["f"]              | tools[0] | tools[0] must be an object, got "f"
          "tools": [{"type": "web"}]  | tools[0].type | tools[0].type must be "function", got "web"
          "tools": [{"type": "function"}] | tools[0].function | tools[0].function must be an object, got nothing
          "tools": [{"type": "function", "function": {}}] | tools[0].function.name | tools[0].function.name must be a string, got nothing
          "reasoning_effort": "much"  | reasoning_effort | reasoning_effort must be one of none, minimal, low, medium, high, xhigh, max, got "much"
          "include_reasoning": 1      | include_reasoning | include_reasoning must be true or false, got 1
          "tool_choice": "auto"       | tool_choice | tool_choice needs tools to choose from
          "tool_choice": "required"   | tool_choice | tool_choice needs tools to choose from
          "tool_choice": {"type": "function"} | tool_choice | tool_choice must be "none", "auto", "required" or {"type": "function", "function": {"name": ...}}, got {"type":"function"}
          """)
  void wrongValuesAreNamed(String field, String param, String message) {
    HttpResponse<String> response =
        server.chat("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],%s}".formatted(field));
    assertError(response, 400, "BadRequestError", param, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "logprob_token_ids": [5] | logprob_token_ids | [5]
          "best_of": 2 | best_of | 2
          "use_beam_search": true | use_beam_search | true
          "verbosity": "low" | verbosity | "low"
          "modalities": ["text", "audio"] | modalities | ["text","audio"]
          """)
  void unsupportedFieldsAreRefusedNotIgnored(String field, String param, String value) {
    HttpResponse<String> response =
        server.chat("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],%s}".formatted(field));
    assertError(
        response,
        400,
        "BadRequestError",
        param,
        "%s is not supported by this server, got %s: leave it out".formatted(param, value));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                     | messages | messages must be a list, got nothing
          {"messages": null}     | messages | messages must be a list, got null
          {"messages": "hi"}     | messages | messages must be a list, got "hi"
          {"messages": []}       | messages | messages must be a list of at least one message, got []
          {"messages": [1]}      | messages[0] | messages[0] must be an object, got 1
          {"messages": [{}]}     | messages[0].role | messages[0].role must be one of system, developer, user, assistant, tool, got nothing
          {"messages": [{"role": "robot"}]} | messages[0].role | messages[0].role must be one of system, developer, user, assistant, tool, got "robot"
          {"messages": [{"role": 3}]} | messages[0].role | messages[0].role must be a string, got 3
          {"messages": [{"role": "user"}]} | messages[0].content | messages[0].content must be a string or a list of text parts, got nothing
          {"messages": [{"role": "user", "content": null}]} | messages[0].content | messages[0].content must be a string or a list of text parts, got null
          {"messages": [{"role": "user", "content": 5}]} | messages[0].content | messages[0].content must be a string or a list of text parts, got 5
          {"messages": [{"role": "user", "content": ["a"]}]} | messages[0].content[0] | messages[0].content[0] must be an object, got "a"
          {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]} | messages[0].content[0].type | messages[0].content[0].type must be "text" (the model reads nothing else), got "image_url"
          {"messages": [{"role": "user", "content": [{"type": "text"}]}]} | messages[0].content[0].text | messages[0].content[0].text must be a string, got nothing
          {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{}]}]} | messages[1].tool_calls[0].function | messages[1].tool_calls[0].function must be an object, got nothing
          {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{oops"}}]}]} | messages[0].tool_calls[0].function.arguments | messages[0].tool_calls[0].function.arguments must be a JSON object in a string, got "{oops"
          {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "[1]"}}]}]} | messages[0].tool_calls[0].function.arguments | messages[0].tool_calls[0].function.arguments must be a JSON object in a string, got "[1]"
          """)
  void wrongMessagesAreNamed(String body, String param, String message) {
    assertError(server.chat(body), 400, "BadRequestError", param, message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "not json",
        "{\"messages\": [}",
        "{} {}",
        "{\"a\":1}x",
        "{\"temperature\": NaN}",
        "{'a': 1}"
      })
  void brokenJsonIsA400(String body) {
    HttpResponse<String> response = server.chat(body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    assertThat(TestServer.json(response).at("/error/message").asString())
        .startsWith(
            body.isEmpty() ? "The body must be a JSON object" : "The body is not valid JSON: ")
        .doesNotContain("java", "Jackson", "StreamRead");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"[] | []", "1 | 1", "null | null"})
  void otherJsonThanAnObjectIsA400(String body, String quoted) {
    assertError(
        server.chat(body),
        400,
        "BadRequestError",
        "",
        "The body must be a JSON object, got " + quoted);
  }

  @Test
  void malformedUtf8IsA400() {
    HttpResponse<String> response =
        server.send(
            HttpRequest.newBuilder(URI.create(server.base() + "/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofByteArray(new byte[] {'{', '"', (byte) 0xff, '"'}))
                .build());
    assertThat(response.statusCode()).isEqualTo(400);
  }

  @Test
  void deepNestingIsA400() {
    assertThat(server.chat("{\"a\":" + "[".repeat(100_000)).statusCode()).isEqualTo(400);
  }

  @Test
  void otherContentTypesAre415() {
    HttpResponse<String> response =
        server.send(
            HttpRequest.newBuilder(URI.create(server.base() + "/v1/chat/completions"))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build());
    assertError(
        response,
        415,
        "UnsupportedMediaTypeError",
        "",
        "Content-Type must be application/json, got \"text/plain\"");
  }

  @Test
  void unknownModelsAre404() {
    assertError(
        server.chat("{\"model\":\"gpt-9\",\"messages\":[]}"),
        404,
        "NotFoundError",
        "model",
        "The model `gpt-9` does not exist. This server has LiquidAI/LFM2-24B-A2B, lfm2.");
  }

  @Test
  void promptsBeyondTheContextAreRefusedWithNumbers() {
    assertError(
        server.chat(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                .formatted("word ".repeat(100))),
        400,
        "BadRequestError",
        "messages",
        "This model's maximum context length is 100 tokens, but the prompt has 100 tokens."
            + " Shorten it so that at least one token of answer fits.");
  }

  @Test
  void conversationsTheTemplateRefusesAre400() {
    FakeModel model = FakeModel.saying("x");
    model.refusal = Optional.of("roles must alternate");
    try (TestServer refusing = TestServer.with(model)) {
      assertError(
          refusing.chat("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"),
          400,
          "BadRequestError",
          "messages",
          "The conversation can't be used: roles must alternate");
    }
  }

  @Test
  void engineFailuresAre500() {
    try (TestServer failing = TestServer.with(FakeModel.failing(1, "a", "b"))) {
      assertError(
          failing.chat("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"),
          500,
          "InternalServerError",
          "",
          "matrix 3 caught fire");
    }
  }

  @Test
  void unknownPathsAre404AndWrongMethods405() {
    assertError(
        server.get("/v1/nothing"), 404, "NotFoundError", "", "There is nothing at GET /v1/nothing");
    HttpResponse<String> response = server.get("/v1/chat/completions");
    assertError(
        response,
        405,
        "MethodNotAllowedError",
        "",
        "/v1/chat/completions does not take GET but OPTIONS, POST");
    assertThat(response.headers().firstValue("allow")).contains("OPTIONS, POST");
    assertThat(server.send("DELETE", "/v1/models", "").statusCode()).isEqualTo(405);
  }
}

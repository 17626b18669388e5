package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Tool calls and reasoning in answers, whole and streamed. */
class ToolCallsTest {
  private static final String START = "<|tool_call_start|>";
  private static final String END = "<|tool_call_end|>";
  private static final String TOOLS =
      ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
          + "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]";

  private static HttpResponse<String> post(TestServer server, String more) {
    HttpResponse<String> response = server.chat(Demo.request("hello", more));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response;
  }

  private static JsonNode whole(String more, String... pieces) {
    try (TestServer server = TestServer.with(FakeModel.saying(pieces))) {
      return withoutIds(TestServer.json(post(server, more)).at("/choices/0"));
    }
  }

  /** Returns the deltas of a stream's chunks; the last one is the whole last choice. */
  private static List<JsonNode> streamed(String more, String... pieces) {
    try (TestServer server = TestServer.with(FakeModel.saying(pieces))) {
      List<JsonNode> deltas = new ArrayList<>();
      JsonNode last = Json.MAPPER.missingNode();
      for (String line : post(server, ",\"stream\":true" + more).body().lines().toList()) {
        if (line.startsWith("data: {")) {
          last = withoutIds(Json.MAPPER.readTree(line.substring(6)).at("/choices/0"));
          deltas.add(last.get("delta"));
        }
      }
      deltas.set(deltas.size() - 1, last);
      return deltas;
    }
  }

  private static JsonNode withoutIds(JsonNode node) {
    return Json.MAPPER.readTree(
        node.toString().replaceAll("\"chatcmpl-tool-[0-9a-f]{32}\"", "\"ID\""));
  }

  private static JsonNode json(String text) {
    return Json.MAPPER.readTree(text);
  }

  @Test
  void aCallIsAFieldOfTheMessage() {
    JsonNode choice = whole(TOOLS, START, "[f(a=\"x\", n=1)]", END);
    assertThat(choice)
        .isEqualTo(
            json(
                """
                {"index": 0,
                 "message": {"role": "assistant", "content": null, "refusal": null,
                  "tool_calls": [{"id": "ID", "type": "function",
                                  "function": {"name": "f", "arguments": "{\\"a\\": \\"x\\", \\"n\\": 1}"}}]},
                 "logprobs": null, "finish_reason": "tool_calls", "stop_reason": null}\
                """));
  }

  @Test
  void aStreamSendsNameAndArguments() {
    assertThat(streamed(TOOLS, "I look.", START, "[f(a=1), ", "g()]", END, " Wait."))
        .containsExactly(
            json("{\"role\":\"assistant\",\"content\":\"\"}"),
            json("{\"content\":\"I look.\"}"),
            json(
                "{\"tool_calls\":[{\"index\":0,\"id\":\"ID\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}"),
            json(
                "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\": 1}\"}}]}"),
            json(
                "{\"tool_calls\":[{\"index\":1,\"id\":\"ID\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]}"),
            json("{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{}\"}}]}"),
            json("{\"content\":\" Wait.\"}"),
            json(
                "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"tool_calls\",\"stop_reason\":null}"));
  }

  @Test
  void contentAndCallsStandSideBySide() {
    JsonNode message = whole(TOOLS, "I look. ", START + "[f()]" + END).get("message");
    assertThat(message.get("content").stringValue()).isEqualTo("I look. ");
    assertThat(message.get("tool_calls")).hasSize(1);
  }

  @Test
  void withoutParallelCallsOnlyTheFirstIsSent() {
    String more = TOOLS + ",\"parallel_tool_calls\":false";
    JsonNode choice = whole(more, START, "[f(), g()]", END);
    assertThat(choice.at("/message/tool_calls")).hasSize(1);
    assertThat(choice.at("/message/tool_calls/0/function/name").stringValue()).isEqualTo("f");
    assertThat(streamed(more, START, "[f(), g()]", END)).hasSize(4);
  }

  @Test
  void anAnswerThatWasCutOffSaysSo() {
    String more = TOOLS + ",\"max_tokens\":2";
    JsonNode choice = whole(more, START + "[f(), g(a=", "'x", "')]" + END);
    assertThat(choice.get("finish_reason").stringValue()).isEqualTo("length");
    assertThat(choice.at("/message/tool_calls")).hasSize(1);
    assertThat(choice.at("/message/content").stringValue()).isEqualTo("g(a='x");
    List<JsonNode> deltas = streamed(more, START + "[f(), g(a=", "'x", "')]" + END);
    assertThat(deltas.getLast().get("finish_reason").stringValue()).isEqualTo("length");
    assertThat(deltas.get(deltas.size() - 2)).isEqualTo(json("{\"content\":\"g(a='x\"}"));
  }

  @Test
  void whatIsNoCallStaysContent() {
    JsonNode choice = whole(TOOLS, START, "[f(1)]", END);
    assertThat(choice.get("finish_reason").stringValue()).isEqualTo("stop");
    assertThat(choice.at("/message/content").stringValue()).isEqualTo("f(1)");
    assertThat(choice.get("message").has("tool_calls")).isFalse();
    choice = whole(TOOLS, START, "[]", END);
    assertThat(choice.at("/message/content").stringValue()).isEmpty();
  }

  @Test
  void withoutToolsNothingIsACall() {
    JsonNode choice = whole("", "[f()]");
    assertThat(choice.at("/message/content").stringValue()).isEqualTo("[f()]");
    choice = whole(TOOLS + ",\"tool_choice\":\"none\"", START + "[f()]" + END);
    assertThat(choice.get("finish_reason").stringValue()).isEqualTo("stop");
  }

  @Test
  void reasoningHasTwoNames() {
    JsonNode message = whole("", "<think>Hm.", "</think>\n\n", "Yes.").get("message");
    assertThat(message)
        .isEqualTo(
            json(
                """
                {"role": "assistant", "content": "Yes.", "refusal": null,
                 "reasoning": "Hm.", "reasoning_content": "Hm."}\
                """));
    assertThat(streamed("", "<think>", "Hm.", "</think>\n\n", "Yes."))
        .startsWith(
            json("{\"role\":\"assistant\",\"content\":\"\"}"),
            json("{\"reasoning\":\"Hm.\",\"reasoning_content\":\"Hm.\"}"),
            json("{\"content\":\"Yes.\"}"));
  }

  @Test
  void reasoningCanBeLeftOut() {
    String more = ",\"include_reasoning\":false";
    JsonNode message = whole(more, "<think>Hm.</think>Yes.").get("message");
    assertThat(message.get("content").stringValue()).isEqualTo("Yes.");
    assertThat(message.has("reasoning")).isFalse();
    message = whole(more, "<think>Hm.").get("message");
    assertThat(message.get("content").isNull()).isTrue();
    assertThat(streamed(more, "<think>Hm.", "</think>", "Yes.")).hasSize(3);
  }

  @Test
  void earlierReasoningReachesTheTemplate() {
    FakeModel model = FakeModel.saying("x");
    try (TestServer server = TestServer.with(model)) {
      server.chat(
          """
          {"messages": [{"role": "user", "content": "a"},
            {"role": "assistant", "content": "b", "reasoning_content": "c"},
            {"role": "user", "content": "d"}],
           "reasoning_effort": "none", "chat_template_kwargs": {"k": 1}}\
          """);
      assertThat(model.lastPrompt().messages().get(1)).containsEntry("thinking", "c");
      assertThat(model.lastPrompt().arguments())
          .isEqualTo(Map.of("reasoning_effort", "none", "enable_thinking", false, "k", 1L));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"maybe\"|tool_choice must be \"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": ...}}, got \"maybe\"",
        "1|tool_choice must be \"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": ...}}, got 1",
        "{}|tool_choice must be \"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": ...}}, got {}",
        "{\"type\":\"web\"}|tool_choice must be \"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": ...}}, got {\"type\":\"web\"}",
        "{\"type\":\"function\",\"function\":{}}|tool_choice.function.name must be a string, got nothing",
        "{\"type\":\"function\",\"function\":{\"name\":\"h\"}}|tool_choice.function.name must be the name of one of the tools, got \"h\"",
      })
  void wrongChoicesAreRefused(String choice, String message) {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      HttpResponse<String> response =
          server.chat(Demo.request("hello", TOOLS + ",\"tool_choice\":" + choice));
      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(TestServer.json(response).at("/error/message").asString()).isEqualTo(message);
    }
  }
}

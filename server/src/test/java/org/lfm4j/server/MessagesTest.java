package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Anthropic's Messages API, byte by byte. */
class MessagesTest {
  private static final String HELLO =
      "{'model':'lfm2','max_tokens':50,'messages':[{'role':'user','content':'Hello there!'}]%s}";

  private static HttpResponse<String> post(TestServer server, String path, String body) {
    return server.send("POST", "/v1/messages" + path, body.replace('\'', '"'));
  }

  private static JsonNode ask(FakeModel model, String body) {
    try (TestServer server = TestServer.with(model)) {
      HttpResponse<String> response = post(server, "", body);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      return TestServer.json(response);
    }
  }

  private static List<JsonNode> stream(FakeModel model, String body) {
    try (TestServer server = TestServer.with(model)) {
      return Events.of(post(server, "", body));
    }
  }

  @Test
  void answersAText() {
    FakeModel model = FakeModel.saying("Good ", "day.");
    String more = ",'system':'Be brief.','temperature':0.5,'top_k':7,'stop_sequences':['END']";
    JsonNode answer = ask(model, HELLO.formatted(more));
    assertThat(answer.path("id").asString()).matches("msg_[0-9a-f]{32}");
    assertThat(answer.path("type").asString()).isEqualTo("message");
    assertThat(answer.path("role").asString()).isEqualTo("assistant");
    assertThat(answer.path("model").asString()).isEqualTo("lfm2");
    assertThat(answer.path("content")).hasToString("[{\"type\":\"text\",\"text\":\"Good day.\"}]");
    assertThat(answer.path("stop_reason").asString()).isEqualTo("end_turn");
    assertThat(answer.path("stop_sequence").isNull()).isTrue();
    assertThat(answer.path("usage"))
        .hasToString(
            "{\"input_tokens\":4,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":2}");
    assertThat(model.lastRequest().stop()).containsExactly("END");
    assertThat(model.lastRequest().maxTokens()).isEqualTo(50);
    assertThat(model.lastRequest().sampling().topK()).isEqualTo(7);
    assertThat(model.lastPrompt().messages())
        .containsExactly(
            Map.of("role", "system", "content", "Be brief."),
            Map.of("role", "user", "content", "Hello there!"));
  }

  @Test
  void streamsEveryEventInOrder() {
    List<JsonNode> events =
        stream(FakeModel.saying("Good ", "day", "."), HELLO.formatted(",'stream':true"));
    assertThat(Events.types(events))
        .containsExactly(
            "message_start",
            "ping",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
    assertThat(events.getFirst().at("/message/content")).isEmpty();
    assertThat(events.getFirst().at("/message/stop_reason").isNull()).isTrue();
    assertThat(events.getFirst().at("/message/usage/input_tokens").asInt()).isEqualTo(2);
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.at("/delta/text").asString("")));
    assertThat(text).hasToString("Good day.");
    JsonNode delta = events.get(events.size() - 2);
    assertThat(delta.at("/delta/stop_reason").asString()).isEqualTo("end_turn");
    assertThat(delta.at("/usage/output_tokens").asInt()).isEqualTo(3);
  }

  @Test
  void saysWhyItStopped() {
    FakeModel stopped = FakeModel.saying("Good ");
    stopped.stop = Optional.of("END");
    JsonNode answer = ask(stopped, HELLO.formatted(""));
    assertThat(answer.path("stop_reason").asString()).isEqualTo("stop_sequence");
    assertThat(answer.path("stop_sequence").asString()).isEqualTo("END");
    String[] words = "word ".repeat(99).split("(?<= )");
    assertThat(ask(FakeModel.saying(words), HELLO.formatted("")).path("stop_reason").asString())
        .isEqualTo("max_tokens");
    String more = HELLO.replace("'max_tokens':50", "'max_tokens':5000").formatted("");
    assertThat(ask(FakeModel.saying(words), more).path("stop_reason").asString())
        .isEqualTo("model_context_window_exceeded");
  }

  @Test
  void aFailureOnTheWayEndsTheStream() {
    List<JsonNode> events =
        stream(FakeModel.failing(1, "Good ", "day."), HELLO.formatted(",'stream':true"));
    assertThat(events.getLast())
        .hasToString(
            "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"%s\"}}"
                .formatted(events.getLast().at("/error/message").asString()));
    assertThat(events.getLast().at("/error/message").asString()).contains("matrix 3 caught fire");
  }

  @Test
  void blocksBecomeMessages() {
    FakeModel model = FakeModel.saying("x");
    ask(
        model,
        "{'max_tokens':9,'system':[{'type':'text','text':'Be '},{'type':'text','text':'brief.','cache_control':{'type':'ephemeral'}}],"
            + "'messages':[{'role':'user','content':[{'type':'text','text':'Weather?'}]},"
            + "{'role':'assistant','content':[{'type':'thinking','thinking':'Ask.','signature':'s'},{'type':'redacted_thinking','data':'d'},"
            + "{'type':'text','text':'Looking.'},{'type':'tool_use','id':'t1','name':'weather','input':{'city':'Bern'}}]},"
            + "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1','content':[{'type':'text','text':'rain'}]},"
            + "{'type':'tool_result','tool_use_id':'t2'},{'type':'text','text':'And '},{'type':'text','text':'now?'}]}]}");
    assertThat(model.lastPrompt().messages())
        .containsExactly(
            Map.of("role", "system", "content", "Be brief."),
            Map.of("role", "user", "content", "Weather?"),
            Map.of(
                "role", "assistant",
                "content", "Looking.",
                "thinking", "Ask.",
                "tool_calls",
                    List.of(
                        Map.of(
                            "id", "t1",
                            "type", "function",
                            "function",
                                Map.of("name", "weather", "arguments", Map.of("city", "Bern"))))),
            Map.of("role", "tool", "tool_call_id", "t1", "content", "rain"),
            Map.of("role", "tool", "tool_call_id", "t2", "content", ""),
            Map.of("role", "user", "content", "And now?"));
  }

  @Test
  void aMessageMayBeEmpty() {
    FakeModel model = FakeModel.saying("x");
    ask(model, "{'max_tokens':9,'messages':[{'role':'user','content':[]}]}");
    assertThat(model.lastPrompt().messages())
        .containsExactly(Map.of("role", "user", "content", ""));
  }

  @Test
  void wordsPutInTheAssistantsMouthAreContinued() {
    FakeModel model = FakeModel.saying("x");
    String messages =
        "[{'role':'user','content':'Capital?'},{'role':'assistant','content':'It is'}]";
    ask(model, "{'max_tokens':9,'messages':%s}".formatted(messages));
    assertThat(model.lastPrompt().continueFinalMessage()).isTrue();
    assertThat(model.lastPrompt().addGenerationPrompt()).isFalse();
  }

  @Test
  void toolsReachTheTemplateInTheFormOfChats() {
    FakeModel model = FakeModel.saying("x");
    String tools =
        ",'tools':[{'name':'weather','description':'d','input_schema':{'type':'object'}}]";
    ask(model, HELLO.formatted(tools));
    assertThat(model.lastPrompt().tools())
        .containsExactly(
            Map.of(
                "type",
                "function",
                "function",
                Map.of(
                    "name", "weather",
                    "description", "d",
                    "parameters", Map.of("type", "object"))));
    ask(model, HELLO.formatted(tools + ",'tool_choice':{'type':'none'}"));
    assertThat(model.lastPrompt().tools()).isEmpty();
  }

  @Test
  void aCallIsABlockOfItsOwn() {
    String tools = ",'tools':[{'name':'weather','input_schema':{'type':'object'}}],'stream':%s";
    JsonNode answer = ask(calling(), HELLO.formatted(tools.formatted(false)));
    assertThat(answer.path("stop_reason").asString()).isEqualTo("tool_use");
    assertThat(answer.path("content")).hasSize(3);
    JsonNode call = answer.at("/content/0");
    assertThat(call.path("type").asString()).isEqualTo("tool_use");
    assertThat(call.path("id").asString()).startsWith("toolu_");
    assertThat(call.path("name").asString()).isEqualTo("weather");
    assertThat(call.path("input")).hasToString("{\"city\":\"Bern\"}");
    assertThat(answer.at("/content/2/text").asString()).isEqualTo("Looking.");
    List<JsonNode> events = stream(calling(), HELLO.formatted(tools.formatted(true)));
    assertThat(Events.types(events))
        .containsExactly(
            "message_start",
            "ping",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
    assertThat(events.get(2).at("/content_block/input")).isEmpty();
    assertThat(events.get(3).path("delta"))
        .hasToString(
            "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\": \\\"Bern\\\"}\"}");
    assertThat(events.get(7).path("index").asInt()).isEqualTo(1);
    String serial = ",'tool_choice':{'type':'auto','disable_parallel_tool_use':true}";
    assertThat(ask(calling(), HELLO.formatted(tools.formatted(false) + serial)).path("content"))
        .hasSize(2);
  }

  private static FakeModel calling() {
    return FakeModel.saying(
        "<|tool_call_start|>",
        "[weather(city='Be",
        "rn'), weather(city='Rome')]",
        "<|tool_call_end|>",
        "Look",
        "ing.");
  }

  @Test
  void thinkingIsABlockOfItsOwn() {
    FakeModel model = FakeModel.saying("<think>", "Hm", "m.</think>", "Yes.");
    JsonNode answer = ask(model, HELLO.formatted(",'thinking':{'type':'adaptive'}"));
    assertThat(model.lastPrompt().arguments()).isEmpty();
    assertThat(answer.path("content"))
        .hasToString(
            "[{\"type\":\"thinking\",\"thinking\":\"Hmm.\",\"signature\":\"\"},"
                + "{\"type\":\"text\",\"text\":\"Yes.\"}]");
  }

  @Test
  void templatesLearnHowMuchToThink() {
    FakeModel model = FakeModel.saying("x");
    ask(model, HELLO.formatted(",'thinking':{'type':'disabled'}"));
    assertThat(model.lastPrompt().arguments()).isEqualTo(Map.of("enable_thinking", false));
    ask(model, HELLO.formatted(",'output_config':{'effort':'low'}"));
    assertThat(model.lastPrompt().arguments()).isEqualTo(Map.of("reasoning_effort", "low"));
  }

  @Test
  void countsTokens() {
    FakeModel model = FakeModel.saying("x");
    try (TestServer server = TestServer.with(model)) {
      String body =
          "{'model':'lfm2','system':'Be brief.','messages':[{'role':'user','content':'Hello there!'}]}";
      HttpResponse<String> response = post(server, "/count_tokens", body);
      assertThat(response.body()).isEqualTo("{\"input_tokens\":4}");
      assertThat(model.requests).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'messages':[{'role':'user','content':'a'}]} | max_tokens must be the most tokens to generate, got nothing",
        "{'max_tokens':0,'messages':[{'role':'user','content':'a'}]} | max_tokens",
        "{'max_tokens':5} | messages must be a list",
        "{'max_tokens':5,'messages':[]} | at least one message",
        "{'max_tokens':5,'messages':[{'role':'tool','content':'a'}]} | messages[0].role must be",
        "{'max_tokens':5,'messages':[{'role':'user','content':[{'type':'image'}]}]} | messages[0].content[0].type must be \"text\" or \"tool_result\"",
        "{'max_tokens':5,'messages':[{'role':'assistant','content':[{'type':'tool_use','id':'t','name':'f'}]}]} | messages[0].content[0].input must be an object",
        "{'max_tokens':5,'tools':[{'type':'bash_20250124','name':'bash'}],'messages':[{'role':'user','content':'a'}]} | tools[0].type must be \"custom\"",
        "{'max_tokens':5,'tools':[{'name':'f'}],'messages':[{'role':'user','content':'a'}]} | tools[0].input_schema must be an object",
        "{'max_tokens':5,'tool_choice':{'type':'any'},'messages':[{'role':'user','content':'a'}]} | tool_choice needs tools to choose from",
        "{'max_tokens':5,'tools':[{'name':'f','input_schema':{}}],'tool_choice':{'type':'tool','name':'g'},'messages':[{'role':'user','content':'a'}]} | tool_choice.name must be the name of one of the tools",
        "{'max_tokens':5,'stop_sequences':[1],'messages':[{'role':'user','content':'a'}]} | stop_sequences must be a string or a list of strings",
        "{'max_tokens':5,'output_config':{'effort':'much'},'messages':[{'role':'user','content':'a'}]} | output_config.effort must be one of none, minimal",
        "{'max_tokens':5,'temperature':3,'messages':[{'role':'user','content':'a'}]} | temperature must be in [0, 2]",
      })
  void refusesByName(String body, String message) {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      HttpResponse<String> response = post(server, "", body);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
      JsonNode error = TestServer.json(response);
      assertThat(error.path("type").asString()).isEqualTo("error");
      assertThat(error.at("/error/type").asString()).isEqualTo("invalid_request_error");
      assertThat(error.at("/error/message").asString()).contains(message);
    }
  }

  @Test
  void allErrorsHaveAnthropicsShape() {
    try (TestServer server = TestServer.loading()) {
      HttpResponse<String> response = post(server, "", HELLO.formatted(""));
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(TestServer.json(response).at("/error/type").asString())
          .isEqualTo("overloaded_error");
      assertThat(TestServer.json(server.get("/v1/messages")).at("/type").asString())
          .isEqualTo("error");
      response = post(server, "", HELLO.replace("lfm2", "gpt-9").formatted(""));
      assertThat(response.statusCode()).isEqualTo(404);
      assertThat(TestServer.json(response).at("/error/type").asString())
          .isEqualTo("not_found_error");
    }
  }
}

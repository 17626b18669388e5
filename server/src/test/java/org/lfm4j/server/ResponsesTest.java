package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** OpenAI's Responses API, byte by byte. */
class ResponsesTest {

  private static HttpResponse<String> post(TestServer server, String body) {
    return server.send("POST", "/v1/responses", body.replace('\'', '"'));
  }

  private static JsonNode ask(FakeModel model, String body) {
    try (TestServer server = TestServer.with(model)) {
      HttpResponse<String> response = post(server, body);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      return TestServer.json(response);
    }
  }

  private static List<JsonNode> stream(FakeModel model, String body) {
    try (TestServer server = TestServer.with(model)) {
      return Events.of(post(server, body));
    }
  }

  @Test
  void answersAText() {
    FakeModel model = FakeModel.saying("Good ", "day.");
    JsonNode answer =
        ask(
            model,
            "{'input':'Hello there!','instructions':'Be brief.','temperature':0.5,'max_output_tokens':9,"
                + "'metadata':{'team':'red'},'store':true,'user':'u1'}");
    assertThat(answer.path("id").asString()).matches("resp_[0-9a-f]{32}");
    assertThat(answer.path("object").asString()).isEqualTo("response");
    assertThat(answer.path("status").asString()).isEqualTo("completed");
    assertThat(answer.path("completed_at").asLong())
        .isGreaterThanOrEqualTo(answer.path("created_at").asLong());
    assertThat(answer.path("output")).hasSize(1);
    JsonNode item = answer.at("/output/0");
    assertThat(item.path("id").asString()).matches("msg_[0-9a-f]{32}");
    assertThat(item.path("type").asString()).isEqualTo("message");
    assertThat(item.path("status").asString()).isEqualTo("completed");
    assertThat(item.at("/content/0"))
        .hasToString(
            "{\"type\":\"output_text\",\"text\":\"Good day.\",\"annotations\":[],\"logprobs\":[]}");
    assertThat(answer.path("usage"))
        .hasToString(
            "{\"input_tokens\":4,\"input_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":0},"
                + "\"output_tokens\":2,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":6}");
    assertThat(answer.path("metadata")).hasToString("{\"team\":\"red\"}");
    assertThat(answer.path("store").asBoolean()).as("nothing is stored").isFalse();
    assertThat(answer.path("temperature").asDouble()).isEqualTo(0.5);
    assertThat(answer.path("instructions").asString()).isEqualTo("Be brief.");
    assertThat(answer.path("max_output_tokens").asInt()).isEqualTo(9);
    assertThat(model.lastRequest().maxTokens()).isEqualTo(9);
    assertThat(model.lastPrompt().messages())
        .containsExactly(
            Map.of("role", "system", "content", "Be brief."),
            Map.of("role", "user", "content", "Hello there!"));
  }

  @Test
  void everyFieldThatClientsExpectIsThere() {
    JsonNode answer = ask(FakeModel.saying("x"), "{'input':'a'}");
    assertThat(answer.propertyNames())
        .contains(
            "background",
            "completed_at",
            "error",
            "frequency_penalty",
            "incomplete_details",
            "instructions",
            "max_output_tokens",
            "max_tool_calls",
            "metadata",
            "parallel_tool_calls",
            "presence_penalty",
            "previous_response_id",
            "prompt_cache_key",
            "reasoning",
            "safety_identifier",
            "service_tier",
            "text",
            "tool_choice",
            "tools",
            "top_logprobs",
            "top_p",
            "truncation",
            "user");
    assertThat(answer.at("/text/format/type").asString()).isEqualTo("text");
  }

  @Test
  void streamsEveryEventInOrder() {
    List<JsonNode> events =
        stream(FakeModel.saying("Good ", "day", "."), "{'input':'Hello!','stream':true}");
    assertThat(Events.types(events))
        .containsExactly(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed");
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).path("sequence_number").asInt()).isEqualTo(i);
    }
    assertThat(events.getFirst().at("/response/status").asString()).isEqualTo("in_progress");
    assertThat(events.getFirst().at("/response/output")).isEmpty();
    assertThat(events.get(2).at("/item/status").asString()).isEqualTo("in_progress");
    assertThat(events.get(2).at("/item/content")).isEmpty();
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.path("delta").asString("")));
    assertThat(text).hasToString("Good day.");
    assertThat(events.get(4).path("item_id")).isEqualTo(events.get(2).at("/item/id"));
    JsonNode whole = events.getLast().path("response");
    assertThat(whole.at("/output/0/content/0/text").asString()).isEqualTo("Good day.");
    assertThat(whole.at("/output/0/id")).isEqualTo(events.get(2).at("/item/id"));
    assertThat(whole.at("/usage/total_tokens").asInt()).isEqualTo(4);
  }

  @Test
  void aLimitMakesAnAnswerIncomplete() {
    String body = "{'input':'Hello!','max_output_tokens':1,'stream':%s}";
    JsonNode answer = ask(FakeModel.saying("Good ", "day."), body.formatted(false));
    assertThat(answer.path("status").asString()).isEqualTo("incomplete");
    assertThat(answer.at("/incomplete_details/reason").asString()).isEqualTo("max_output_tokens");
    assertThat(answer.at("/output/0/status").asString()).isEqualTo("incomplete");
    assertThat(answer.path("completed_at").isNull()).isTrue();
    List<JsonNode> events = stream(FakeModel.saying("Good ", "day."), body.formatted(true));
    assertThat(events.getLast().path("type").asString()).isEqualTo("response.incomplete");
  }

  @Test
  void aFailureOnTheWayEndsTheStream() {
    List<JsonNode> events =
        stream(FakeModel.failing(1, "Good ", "day."), "{'input':'Hello!','stream':true}");
    JsonNode last = events.getLast();
    assertThat(last.path("type").asString()).isEqualTo("response.failed");
    assertThat(last.at("/response/status").asString()).isEqualTo("failed");
    assertThat(last.at("/response/error/code").asString()).isEqualTo("server_error");
    assertThat(last.at("/response/error/message").asString()).contains("matrix 3 caught fire");
  }

  @Test
  void anAnswerWithoutTextStillHasAMessage() {
    JsonNode answer = ask(FakeModel.saying(), "{'input':'Hello!'}");
    assertThat(answer.at("/output/0/content/0/text").asString("none")).isEmpty();
  }

  @Test
  void itemsBetweenTwoOthersAreOneTurnOfTheAssistant() {
    FakeModel model = FakeModel.saying("x");
    ask(
        model,
        "{'input':[{'role':'developer','content':'Rules.'},"
            + "{'type':'message','role':'user','content':[{'type':'input_text','text':'Weather '},{'type':'input_text','text':'in Bern?'}]},"
            + "{'type':'reasoning','id':'rs_1','summary':[],'content':[{'type':'reasoning_text','text':'Ask.'}]},"
            + "{'type':'function_call','call_id':'c1','name':'weather','arguments':'{\\'city\\':\\'Bern\\'}'},"
            + "{'type':'message','role':'assistant','content':[{'type':'output_text','text':'Looking.','annotations':[]}]},"
            + "{'type':'function_call_output','call_id':'c1','output':'rain'},"
            + "{'role':'assistant','content':'It rains.'},{'role':'assistant','content':'Take care.'},"
            + "{'role':'user','content':'Thanks'}]}");
    assertThat(model.lastPrompt().messages())
        .containsExactly(
            Map.of("role", "system", "content", "Rules."),
            Map.of("role", "user", "content", "Weather in Bern?"),
            Map.of(
                "role", "assistant",
                "content", "Looking.",
                "thinking", "Ask.",
                "tool_calls",
                    List.of(
                        Map.of(
                            "id", "c1",
                            "type", "function",
                            "function",
                                Map.of("name", "weather", "arguments", Map.of("city", "Bern"))))),
            Map.of("role", "tool", "tool_call_id", "c1", "content", "rain"),
            Map.of("role", "assistant", "content", "It rains."),
            Map.of("role", "assistant", "content", "Take care."),
            Map.of("role", "user", "content", "Thanks"));
  }

  @Test
  void toolsReachTheTemplateInTheFormOfChats() {
    FakeModel model = FakeModel.saying("x");
    String tools =
        "'tools':[{'type':'function','name':'weather','description':'d','strict':true,'parameters':{'type':'object'}}]";
    JsonNode answer = ask(model, "{'input':'a'," + tools + "}");
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
    assertThat(answer.at("/tools/0/name").asString()).isEqualTo("weather");
    assertThat(answer.at("/tools/0/strict").asBoolean()).isTrue();
    ask(model, "{'input':'a','tool_choice':'none'," + tools + "}");
    assertThat(model.lastPrompt().tools()).isEmpty();
  }

  @Test
  void aCallIsAnItemOfItsOwn() {
    String body =
        "{'input':'a','tools':[{'type':'function','name':'weather','parameters':{}}],'stream':%s}";
    JsonNode answer = ask(calling(), body.formatted(false));
    assertThat(answer.path("output")).hasSize(3);
    JsonNode call = answer.at("/output/0");
    assertThat(call.path("type").asString()).isEqualTo("function_call");
    assertThat(call.path("status").asString()).isEqualTo("completed");
    assertThat(call.path("call_id").asString()).startsWith("call_");
    assertThat(call.path("name").asString()).isEqualTo("weather");
    assertThat(call.path("arguments").asString()).isEqualTo("{\"city\": \"Bern\"}");
    assertThat(answer.at("/output/1/arguments").asString()).isEqualTo("{\"city\": \"Rome\"}");
    assertThat(answer.at("/output/2/content/0/text").asString()).isEqualTo("Looking.");
    List<JsonNode> events = stream(calling(), body.formatted(true));
    assertThat(Events.types(events))
        .containsExactly(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed");
    assertThat(events.get(2).at("/item/arguments").asString("none")).isEmpty();
    assertThat(events.get(5).at("/item/arguments")).isEqualTo(call.path("arguments"));
    assertThat(events.get(9).path("output_index").asInt()).isEqualTo(1);
    JsonNode streamed = events.getLast().at("/response/output");
    assertThat(streamed.at("/1/arguments")).isEqualTo(answer.at("/output/1/arguments"));
    assertThat(streamed.at("/2/content")).isEqualTo(answer.at("/output/2/content"));
  }

  @Test
  void callsAfterTheFirstCanBeLeftOut() {
    JsonNode answer =
        ask(
            calling(),
            "{'input':'a','tools':[{'type':'function','name':'weather'}],'parallel_tool_calls':false}");
    assertThat(answer.path("output")).hasSize(2);
    assertThat(answer.path("parallel_tool_calls").asBoolean()).isFalse();
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
  void templatesLearnHowMuchToThink() {
    FakeModel model = FakeModel.saying("x");
    JsonNode answer = ask(model, "{'input':'a','reasoning':{'effort':'none','summary':'auto'}}");
    assertThat(model.lastPrompt().arguments())
        .isEqualTo(Map.of("reasoning_effort", "none", "enable_thinking", false));
    assertThat(answer.at("/reasoning/effort").asString()).isEqualTo("none");
  }

  @Test
  void reasoningIsAnItemOfItsOwn() {
    String body = "{'input':'a','stream':%s}";
    JsonNode answer =
        ask(FakeModel.saying("<think>", "Hm", "m.</think>", "Yes."), body.formatted(false));
    assertThat(answer.at("/output/0/type").asString()).isEqualTo("reasoning");
    assertThat(answer.at("/output/0/summary")).isEmpty();
    assertThat(answer.at("/output/0/content"))
        .hasToString("[{\"type\":\"reasoning_text\",\"text\":\"Hmm.\"}]");
    assertThat(answer.at("/output/1/content/0/text").asString()).isEqualTo("Yes.");
    assertThat(answer.at("/usage/output_tokens_details/reasoning_tokens").asInt()).isPositive();
    List<JsonNode> events =
        stream(FakeModel.saying("<think>", "Hm", "m.</think>", "Yes."), body.formatted(true));
    assertThat(Events.types(events))
        .containsSubsequence(
            "response.content_part.added",
            "response.reasoning_text.delta",
            "response.reasoning_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.output_text.delta");
    assertThat(events.getLast().at("/response/usage")).isEqualTo(answer.path("usage"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | input | input must be a string or a list of at least one item, got nothing",
        "{'input':[]} | input | at least one item, got []",
        "{'input':[{'type':'reasoning'}]} | input | at least one message",
        "{'input':[{'role':'owner','content':'a'}]} | input[0].role | one of system, developer",
        "{'input':[{'type':'web_search_call'}]} | input[0].type | web_search_call",
        "{'input':[{'type':'item_reference','id':'x'}]} | input[0].type | keeps no earlier responses",
        "{'input':[{'role':'user','content':[{'type':'input_image','image_url':'x'}]}]} | input[0].content[0].type | input_image",
        "{'input':[{'type':'function_call','call_id':'c','name':'f','arguments':'['}]} | input[0].arguments | a JSON object in a string",
        "{'input':'a','previous_response_id':'resp_1'} | previous_response_id | stores no responses",
        "{'input':'a','tools':[{'type':'function'}]} | tools[0].name | must be a string",
        "{'input':'a','tool_choice':'required'} | tool_choice | needs tools to choose from",
        "{'input':'a','tools':[{'type':'function','name':'f'}],'tool_choice':{'type':'function','name':'g'}} | tool_choice | tool_choice.name must be the name of one of the tools, got \"g\"",
        "{'input':'a','tools':[{'type':'function','name':'f'}],'tool_choice':{'type':'web_search'}} | tool_choice | web_search",
        "{'input':'a','tools':[{'type':'web_search'}]} | tools[0].type | got \"web_search\"",
        "{'input':'a','text':{'verbosity':'low'}} | text.verbosity | got \"low\"",
        "{'input':'a','reasoning':{'effort':'much'}} | reasoning.effort | got \"much\"",
        "{'input':'a','include':['file_search_call.results']} | include | file_search_call.results",
        "{'input':'a','background':true} | background | not supported",
        "{'input':'a','truncation':'auto'} | truncation | not supported",
        "{'input':'a','max_tokens':5} | max_tokens | not supported",
        "{'input':'a','max_output_tokens':0} | max_output_tokens | max_output_tokens",
        "{'input':'a','temperature':3} | temperature | in [0, 2]",
        "{'input':'a','n':2} | n | not supported",
        "{'input':'a','metadata':'x'} | metadata | an object",
      })
  void refusesByName(String body, String param, String message) {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      HttpResponse<String> response = post(server, body);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
      JsonNode error = TestServer.json(response).path("error");
      assertThat(error.path("param").asString()).isEqualTo(param);
      assertThat(error.path("message").asString()).contains(message);
    }
  }
}

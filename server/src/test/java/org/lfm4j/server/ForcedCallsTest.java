package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Calls that the model must make, whatever it is asked, in the words of each API. */
@Timeout(60)
class ForcedCallsTest {
  private static final String QUESTION = "What is 37 + 48?";
  private static final String SCHEMA =
      """
      {"type":"object","properties":{"city":{"type":"string","minLength":1,"maxLength":8},
       "days":{"type":"integer","minimum":1,"maximum":14},"unit":{"enum":["C","F"]}},
       "required":["city","days","unit"]}\
      """;
  private static final String TOOLS =
      """
      ,"max_tokens":100,"seed":3,"temperature":1,"tools":[
       {"type":"function","function":{"name":"get_weather","parameters":%s}},
       {"type":"function","function":{"name":"now"}}]\
      """
          .formatted(SCHEMA);
  private static final String NAMED =
      ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}}";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = Demo.small(512);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  private static void checkCall(String name, String arguments) {
    JsonNode value = Json.MAPPER.readTree(arguments);
    if (name.equals("now")) {
      assertThat(value).hasToString("{}");
    } else {
      assertThat(name).isEqualTo("get_weather");
      assertThat(
              SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                  .getSchema(Json.MAPPER.readTree(SCHEMA))
                  .validate(value))
          .as(arguments)
          .isEmpty();
    }
  }

  /** Returns what each chunk of a stream says about its only choice. */
  private static List<JsonNode> choices(String more) {
    HttpResponse<String> response = demo.post(QUESTION, ",\"stream\":true" + more);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response
        .body()
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> Json.MAPPER.readTree(line.substring("data: ".length())).at("/choices/0"))
        .toList();
  }

  @Test
  void aRequiredCallComesWholeAndStreamed() {
    String more = TOOLS + ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false";
    JsonNode choice = demo.ask(QUESTION, more).at("/choices/0");
    assertThat(choice.path("finish_reason").asString()).isEqualTo("tool_calls");
    JsonNode message = choice.path("message");
    assertThat(message.get("content").isNull()).isTrue();
    assertThat(message.path("tool_calls")).hasSize(1);
    JsonNode call = message.at("/tool_calls/0/function");
    checkCall(call.path("name").asString(), call.path("arguments").asString());

    List<JsonNode> choices = choices(more);
    assertThat(choices.get(1).at("/delta/tool_calls/0/function/name")).isEqualTo(call.get("name"));
    assertThat(choices.get(2).at("/delta/tool_calls/0/function/arguments"))
        .isEqualTo(call.get("arguments"));
    assertThat(choices.getLast().path("finish_reason").asString()).isEqualTo("tool_calls");
  }

  @Test
  void theNamedCallComesWholeAndStreamed() {
    JsonNode choice = demo.ask(QUESTION, TOOLS + NAMED).at("/choices/0");
    assertThat(choice.path("finish_reason").asString()).isEqualTo("stop");
    assertThat(choice.at("/message/tool_calls")).hasSize(1);
    JsonNode call = choice.at("/message/tool_calls/0/function");
    assertThat(call.path("name").asString()).isEqualTo("get_weather");
    checkCall("get_weather", call.path("arguments").asString());

    List<JsonNode> choices = choices(TOOLS + NAMED);
    assertThat(choices.get(2).at("/delta/tool_calls/0/function/arguments"))
        .isEqualTo(call.get("arguments"));
    assertThat(choices.getLast().path("finish_reason").asString()).isEqualTo("stop");
  }

  @Test
  void allSamplesOfManySeedsCall() {
    String more = TOOLS + ",\"tool_choice\":\"required\",\"n\":8,\"temperature\":2";
    JsonNode answer = demo.ask(QUESTION, more);
    assertThat(answer.path("choices")).hasSize(8);
    for (JsonNode choice : answer.path("choices")) {
      JsonNode calls = choice.at("/message/tool_calls");
      if (choice.path("finish_reason").asString().equals("tool_calls")) {
        assertThat(calls).as(choice.toString()).isNotEmpty();
      }
      for (JsonNode call : calls) {
        JsonNode function = call.path("function");
        checkCall(function.path("name").asString(), function.path("arguments").asString());
      }
    }
  }

  @Test
  void aForcedCallGoesBeforeTheFormatOfOtherAnswers() {
    String format = ",\"response_format\":{\"type\":\"json_object\"}";
    assertThat(demo.ask(QUESTION, TOOLS + NAMED + format).at("/choices/0/message/tool_calls"))
        .hasSize(1);
  }

  @Test
  void responsesCanRequireACallOrNameIt() {
    String tools =
        """
        {"input":"%s","max_output_tokens":100,"temperature":0,"tools":[
         {"type":"function","name":"get_weather","parameters":%s}],"parallel_tool_calls":false,\
        """
            .formatted(QUESTION, SCHEMA);
    for (String choice :
        List.of("\"required\"", "{\"type\":\"function\",\"name\":\"get_weather\"}")) {
      String body = tools + "\"tool_choice\":" + choice;
      JsonNode answer = TestServer.json(demo.server.send("POST", "/v1/responses", body + "}"));
      assertThat(answer.path("status").asString()).as(answer.toString()).isEqualTo("completed");
      JsonNode call = answer.at("/output/0");
      assertThat(call.path("type").asString()).isEqualTo("function_call");
      checkCall(call.path("name").asString(), call.path("arguments").asString());
      List<JsonNode> events =
          Events.of(demo.server.send("POST", "/v1/responses", body + ",\"stream\":true}"));
      assertThat(events.getLast().at("/response/output/0/arguments"))
          .isEqualTo(call.get("arguments"));
    }
  }

  @Test
  void messagesCanRequireAnyCallOrNameIt() {
    String tools =
        """
        {"max_tokens":100,"temperature":0,"messages":[{"role":"user","content":"%s"}],
         "tools":[{"name":"get_weather","input_schema":%s}],\
        """
            .formatted(QUESTION, SCHEMA);
    for (String choice :
        List.of(
            "{\"type\":\"any\",\"disable_parallel_tool_use\":true}",
            "{\"type\":\"tool\",\"name\":\"get_weather\"}")) {
      String body = tools + "\"tool_choice\":" + choice;
      JsonNode answer = TestServer.json(demo.server.send("POST", "/v1/messages", body + "}"));
      assertThat(answer.path("stop_reason").asString()).as(answer.toString()).isEqualTo("tool_use");
      JsonNode call = answer.at("/content/0");
      checkCall(call.path("name").asString(), call.path("input").toString());
      List<JsonNode> events =
          Events.of(demo.server.send("POST", "/v1/messages", body + ",\"stream\":true}"));
      assertThat(events.get(events.size() - 2).at("/delta/stop_reason").asString())
          .isEqualTo("tool_use");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"type\":\"object\",\"contains\":{}} | parameters of tool f: #: keyword \"contains\"",
        "{\"type\":\"string\"} | no object satisfies them",
      })
  void parametersThatCantBeForcedAreRefused(String parameters, String reason) {
    String tool = "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":%s}}";
    HttpResponse<String> response =
        demo.post(
            QUESTION,
            ",\"tool_choice\":\"required\",\"tools\":[%s]".formatted(tool.formatted(parameters)));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    JsonNode error = TestServer.json(response).path("error");
    assertThat(error.path("param").asString()).isEqualTo("tools");
    assertThat(error.path("message").asString()).contains(reason);
  }
}

package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Responses and Messages with the demo model: the same as chat in other words. */
@Timeout(60)
class OtherApisDemoTest {
  private static final String QUESTION = "What is 37 + 48?";
  private static final String WEATHER = "What is the weather in Bern?";
  private static final String SCHEMA =
      "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}";
  private static final String TOOL =
      "\"name\":\"get_weather\",\"description\":\"Get the weather of a city.\"";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = Demo.small(512);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  private static HttpResponse<String> respond(String question, String more) {
    String body = "{\"input\":\"%s\"%s}".formatted(question, more);
    return demo.server.send("POST", "/v1/responses", body);
  }

  private static HttpResponse<String> message(String path, String messages, String more) {
    String body = "{\"max_tokens\":60,\"messages\":[%s]%s}".formatted(messages, more);
    return demo.server.send("POST", "/v1/messages" + path, body);
  }

  private static String turn(String role, String text) {
    return "{\"role\":\"%s\",\"content\":\"%s\"}".formatted(role, text);
  }

  @Test
  void allSayTheSame() {
    String chat = demo.text(QUESTION, "");
    assertThat(chat).contains("85");
    JsonNode response = TestServer.json(respond(QUESTION, ""));
    assertThat(response.at("/output/0/content/0/text").asString()).isEqualTo(chat);
    JsonNode message = TestServer.json(message("", turn("user", QUESTION), ""));
    assertThat(message.at("/content/0/text").asString()).isEqualTo(chat);
    List<JsonNode> events = Events.of(respond(QUESTION, ",\"stream\":true"));
    assertThat(events.getLast().at("/response/output/0/content"))
        .isEqualTo(response.at("/output/0/content"));
    StringBuilder text = new StringBuilder();
    Events.of(message("", turn("user", QUESTION), ",\"stream\":true"))
        .forEach(event -> text.append(event.at("/delta/text").asString("")));
    assertThat(text).hasToString(chat);
  }

  @Test
  void logprobsAreThoseOfTheTextWholeAndStreamed() {
    String more = ",\"include\":[\"message.output_text.logprobs\"],\"top_logprobs\":2";
    JsonNode part = TestServer.json(respond(QUESTION, more)).at("/output/0/content/0");
    StringBuilder tokens = new StringBuilder();
    part.path("logprobs").forEach(token -> tokens.append(token.path("token").asString()));
    assertThat(tokens).hasToString(part.path("text").asString());
    assertThat(part.at("/logprobs/0/top_logprobs")).hasSize(2);
    List<JsonNode> events = Events.of(respond(QUESTION, more + ",\"stream\":true"));
    assertThat(events.getLast().at("/response/output/0/content/0")).isEqualTo(part);
    StringBuilder streamed = new StringBuilder();
    events.stream()
        .filter(event -> event.path("type").asString().equals("response.output_text.delta"))
        .forEach(event ->
            event
                .path("logprobs")
                .forEach(token -> streamed.append(token.path("token").asString())));
    assertThat(streamed).hasToString(part.path("text").asString());
  }

  @Test
  void countsAreThoseOfTheAnswer() {
    String hello = turn("user", QUESTION);
    int counted = TestServer.json(message("/count_tokens", hello, "")).path("input_tokens").asInt();
    JsonNode usage = TestServer.json(message("", hello, "")).path("usage");
    assertThat(usage.path("input_tokens").asInt() + usage.path("cache_read_input_tokens").asInt())
        .isEqualTo(counted);
    assertThat(TestServer.json(respond(QUESTION, "")).at("/usage/input_tokens").asInt())
        .isEqualTo(counted);
  }

  @Test
  void wordsPutInTheAssistantsMouthAreContinued() {
    String whole = demo.text(QUESTION, "");
    String begun = whole.substring(0, 5);
    JsonNode message =
        TestServer.json(message("", turn("user", QUESTION) + "," + turn("assistant", begun), ""));
    assertThat(begun + message.at("/content/0/text").asString()).isEqualTo(whole);
  }

  @Test
  void callsATool() {
    String tools = ",\"tools\":[{\"type\":\"function\",%s,\"parameters\":%s}]";
    JsonNode call =
        TestServer.json(respond(WEATHER, tools.formatted(TOOL, SCHEMA))).at("/output/0");
    assertThat(call.path("name").asString()).isEqualTo("get_weather");
    assertThat(call.path("arguments").asString()).isEqualTo("{\"city\": \"Bern\"}");
    String anthropic = ",\"tools\":[{%s,\"input_schema\":%s}]".formatted(TOOL, SCHEMA);
    JsonNode message = TestServer.json(message("", turn("user", WEATHER), anthropic));
    assertThat(message.path("stop_reason").asString()).isEqualTo("tool_use");
    assertThat(message.at("/content/0/input")).hasToString("{\"city\":\"Bern\"}");
  }
}

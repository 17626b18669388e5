package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** The named server-sent events of an answer. */
final class Events {
  private Events() {}

  /** Reads all events but {@code [DONE]}; each has its type as name. */
  static List<JsonNode> of(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type"))
        .contains("text/event-stream; charset=utf-8");
    List<JsonNode> events = new ArrayList<>();
    for (String event : response.body().split("\n\n")) {
      if (!event.equals("data: [DONE]")) {
        String[] lines = event.split("\n");
        assertThat(lines).hasSize(2);
        JsonNode data = Json.MAPPER.readTree(lines[1].substring("data: ".length()));
        assertThat(lines[0]).isEqualTo("event: " + data.path("type").asString());
        events.add(data);
      }
    }
    return events;
  }

  /** Returns the types of events, each run of equal ones as one. */
  static List<String> types(List<JsonNode> events) {
    List<String> types = new ArrayList<>();
    for (JsonNode event : events) {
      String type = event.path("type").asString();
      if (types.isEmpty() || !types.getLast().equals(type)) {
        types.add(type);
      }
    }
    return types;
  }
}

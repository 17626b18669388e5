package org.lfm4j.server.responses;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ObjectNode;

/** The events of one streamed response, numbered from 0. */
final class ResponseEvents implements Chunks {
  private final ResponseObject response;
  private final ResponseOutput output;
  private final Samples samples;
  private int sequence;

  ResponseEvents(ResponseObject response, ResponseOutput output, Samples samples) {
    this.response = response;
    this.output = output;
    this.samples = samples;
  }

  @Override
  public List<ObjectNode> opening(int index) {
    return numbered(
        List.of(
            about("response.created", response.begun()),
            about("response.in_progress", response.begun())));
  }

  @Override
  public List<ObjectNode> text(int index, String text) {
    output.add(text, false);
    return numbered(output.items().takeEvents());
  }

  @Override
  public List<ObjectNode> end(int index) {
    output.finish();
    List<ObjectNode> events = new ArrayList<>(output.items().takeEvents());
    ObjectNode ended = response.ended(output, samples);
    events.add(about("response." + ended.get("status").stringValue(), ended));
    return numbered(events);
  }

  @Override
  public List<ObjectNode> failure(ApiException error) {
    ObjectNode failed = response.failed(output.items().all(), error);
    return numbered(List.of(about("response.failed", failed)));
  }

  @Override
  public boolean named() {
    return true;
  }

  private static ObjectNode about(String type, ObjectNode response) {
    ObjectNode event = Json.MAPPER.createObjectNode();
    event.put("type", type);
    event.set("response", response);
    return event;
  }

  private List<ObjectNode> numbered(List<ObjectNode> events) {
    events.forEach(event -> event.put("sequence_number", sequence++));
    return events;
  }
}

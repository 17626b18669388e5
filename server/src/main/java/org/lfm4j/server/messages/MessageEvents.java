package org.lfm4j.server.messages;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.server.generation.AnswerReader;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ObjectNode;

/** The events of one streamed message. */
final class MessageEvents implements Chunks {
  private final MessageObject message;
  private final AnswerReader reader;
  private final MessageBlocks blocks = new MessageBlocks();

  MessageEvents(MessageObject message, AnswerReader reader) {
    this.message = message;
    this.reader = reader;
  }

  @Override
  public List<ObjectNode> opening(int index) {
    ObjectNode start = event("message_start");
    start.set("message", message.begun());
    return List.of(start, event("ping"));
  }

  @Override
  public List<ObjectNode> text(int index, String text) {
    reader.push(text).forEach(blocks::add);
    return blocks.takeEvents();
  }

  @Override
  public List<ObjectNode> end(int index) {
    reader.finish().forEach(blocks::add);
    blocks.finish();
    List<ObjectNode> events = new ArrayList<>(blocks.takeEvents());
    ObjectNode delta = event("message_delta");
    message.putStop(delta.putObject("delta"), reader.called());
    message.putUsage(delta);
    events.add(delta);
    events.add(event("message_stop"));
    return events;
  }

  @Override
  public List<ObjectNode> failure(ApiException error) {
    return List.of(MessageErrors.body(error));
  }

  @Override
  public boolean named() {
    return true;
  }

  @Override
  public boolean saysDone() {
    return false;
  }

  private static ObjectNode event(String type) {
    ObjectNode event = Json.MAPPER.createObjectNode();
    event.put("type", type);
    return event;
  }
}

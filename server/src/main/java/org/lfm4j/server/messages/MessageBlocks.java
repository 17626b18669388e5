package org.lfm4j.server.messages;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfm4j.server.generation.Ids;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.tools.AnswerPart;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import org.lfm4j.text.tools.AnswerPart.ToolCall;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The content blocks of one message as they come, and the events that tell of them. A text goes on
 * until something of another kind comes; then its block is complete.
 */
final class MessageBlocks {
  private final ArrayNode blocks = Json.MAPPER.createArrayNode();
  private final List<ObjectNode> events = new ArrayList<>();
  private Optional<OpenText> open = Optional.empty();

  private record OpenText(String kind, ObjectNode block, StringBuilder text) {}

  /** Takes a part of the answer. */
  void add(AnswerPart part) {
    switch (part) {
      case Content content -> write("text", content.source());
      case Reasoning reasoning -> write("thinking", reasoning.source());
      case ToolCall call -> call(call);
      case Markup _ -> {}
    }
  }

  private void call(ToolCall call) {
    finish();
    ObjectNode block = Json.MAPPER.createObjectNode();
    block.put("type", "tool_use");
    block.put("id", Ids.random("toolu_"));
    block.put("name", call.name());
    block.putObject("input");
    begin(block);
    delta("input_json_delta", "partial_json", call.arguments());
    block.set("input", Json.MAPPER.readTree(call.arguments()));
    event("content_block_stop");
  }

  /** Ends the last block. */
  void finish() {
    open.ifPresent(text -> {
      text.block().put(text.kind(), text.text().toString());
      event("content_block_stop");
    });
    open = Optional.empty();
  }

  /** Returns all blocks, the last of which may not be complete. */
  ArrayNode all() {
    return blocks;
  }

  /** Returns the events since the last call. */
  List<ObjectNode> takeEvents() {
    List<ObjectNode> taken = List.copyOf(events);
    events.clear();
    return taken;
  }

  private void write(String kind, String text) {
    if (open.isEmpty() || !open.get().kind().equals(kind)) {
      finish();
      ObjectNode block = Json.MAPPER.createObjectNode();
      block.put("type", kind);
      block.put(kind, "");
      if (kind.equals("thinking")) {
        block.put("signature", "");
      }
      begin(block);
      open = Optional.of(new OpenText(kind, block, new StringBuilder()));
    }
    open.get().text().append(text);
    delta(kind + "_delta", kind, text);
  }

  private void begin(ObjectNode block) {
    blocks.add(block);
    event("content_block_start").set("content_block", block.deepCopy());
  }

  private void delta(String type, String field, String text) {
    event("content_block_delta").putObject("delta").put("type", type).put(field, text);
  }

  /** Tells of the last block. */
  private ObjectNode event(String type) {
    ObjectNode event = Json.MAPPER.createObjectNode();
    event.put("type", type);
    event.put("index", blocks.size() - 1);
    events.add(event);
    return event;
  }
}

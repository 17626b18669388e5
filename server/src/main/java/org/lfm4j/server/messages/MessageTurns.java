package org.lfm4j.server.messages;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lfm4j.server.generation.AssistantTurn;
import org.lfm4j.server.generation.TextContent;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ArrayNode;

/**
 * Turns {@code system} and {@code messages} into the messages that templates expect. A result of a
 * tool is a block of the user's here, but a message of its own there.
 */
final class MessageTurns {
  private static final Set<String> TEXT = Set.of("text");

  private final List<Map<String, Object>> messages = new ArrayList<>();

  private MessageTurns() {}

  /**
   * Reads the conversation.
   *
   * @throws ApiException naming the message, block and field at fault
   */
  static List<Map<String, Object>> read(Fields body) {
    return new MessageTurns().all(body);
  }

  private List<Map<String, Object>> all(Fields body) {
    if (body.has("system")) {
      say("system", TextContent.read(body, "system", TEXT));
    }
    ArrayNode array = body.array("messages").orElseThrow(() -> body.mustBe("messages", "a list"));
    if (array.isEmpty()) {
      throw body.mustBe("messages", "a list of at least one message");
    }
    for (int i = 0; i < array.size(); i++) {
      message(body.element("messages", array, i));
    }
    return messages;
  }

  private void message(Fields message) {
    switch (message.string("role").orElse("")) {
      case "user" -> user(message);
      case "assistant" -> assistant(message);
      case "system" -> say("system", TextContent.read(message, "content", TEXT));
      default -> throw message.mustBe("role", "\"user\" or \"assistant\"");
    }
  }

  private void user(Fields message) {
    if (!(message.get("content") instanceof ArrayNode blocks) || blocks.isEmpty()) {
      say("user", TextContent.read(message, "content", TEXT));
      return;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < blocks.size(); i++) {
      Fields block = message.element("content", blocks, i);
      if (block.string("type").orElse("").equals("tool_result")) {
        flush(text);
        toolResult(block);
      } else {
        text.append(TextContent.part(block, Set.of("text", "tool_result")));
      }
    }
    flush(text);
  }

  private void flush(StringBuilder text) {
    if (!text.isEmpty()) {
      say("user", text.toString());
      text.setLength(0);
    }
  }

  private void toolResult(Fields block) {
    messages.add(
        Map.of(
            "role",
            "tool",
            "tool_call_id",
            required(block, "tool_use_id"),
            "content",
            block.has("content") ? TextContent.read(block, "content", TEXT) : ""));
  }

  private void assistant(Fields message) {
    AssistantTurn turn = new AssistantTurn();
    if (message.get("content") instanceof ArrayNode blocks) {
      for (int i = 0; i < blocks.size(); i++) {
        assistantBlock(message.element("content", blocks, i), turn);
      }
    } else {
      turn.say(TextContent.read(message, "content", TEXT));
    }
    messages.add(turn.message());
  }

  private static void assistantBlock(Fields block, AssistantTurn turn) {
    switch (block.string("type").orElse("")) {
      case "text" -> turn.say(TextContent.part(block, TEXT));
      case "thinking" -> turn.think(required(block, "thinking"));
      case "redacted_thinking" -> {}
      case "tool_use" -> {
        Fields input = block.object("input").orElseThrow(() -> block.mustBe("input", "an object"));
        turn.call(required(block, "id"), required(block, "name"), Json.toMap(input.node()));
      }
      default -> throw block.mustBe("type", "one of text, thinking, tool_use");
    }
  }

  private void say(String role, String text) {
    messages.add(Map.of("role", role, "content", text));
  }

  private static String required(Fields block, String name) {
    return block.string(name).orElseThrow(() -> block.mustBe(name, "a string"));
  }
}

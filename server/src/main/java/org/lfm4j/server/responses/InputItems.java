package org.lfm4j.server.responses;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.lfm4j.server.generation.AssistantTurn;
import org.lfm4j.server.generation.CallArguments;
import org.lfm4j.server.generation.TextContent;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import tools.jackson.databind.node.ArrayNode;

/**
 * Turns the {@code input} of a request into the messages that templates expect. What the assistant
 * did between two other items was one turn, whatever it was made of.
 */
final class InputItems {
  private static final Set<String> TEXT = Set.of("input_text", "output_text", "text");
  private static final Set<String> REASONING = Set.of("reasoning_text", "summary_text", "text");

  private final List<Map<String, Object>> messages = new ArrayList<>();
  private Optional<AssistantTurn> turn = Optional.empty();

  private InputItems() {}

  /**
   * Reads the fields {@code instructions} and {@code input}.
   *
   * @throws ApiException naming the item and field at fault
   */
  static List<Map<String, Object>> read(Fields body) {
    return new InputItems().all(body);
  }

  private List<Map<String, Object>> all(Fields body) {
    body.string("instructions").ifPresent(text -> say("system", text));
    if (body.get("input").isString()) {
      say("user", body.get("input").stringValue());
      return messages;
    }
    if (!(body.get("input") instanceof ArrayNode items) || items.isEmpty()) {
      throw body.mustBe("input", "a string or a list of at least one item");
    }
    for (int i = 0; i < items.size(); i++) {
      item(body.element("input", items, i));
    }
    endTurn();
    if (messages.isEmpty()) {
      throw body.mustBe("input", "a list with at least one message");
    }
    return messages;
  }

  private void item(Fields item) {
    switch (item.string("type").orElse("message")) {
      case "message" -> message(item);
      case "reasoning" -> reasoning(item);
      case "function_call" ->
          turn().call(required(item, "call_id"), required(item, "name"), CallArguments.read(item));
      case "function_call_output" -> {
        endTurn();
        messages.add(
            Map.of(
                "role", "tool",
                "tool_call_id", required(item, "call_id"),
                "content", TextContent.read(item, "output", TEXT)));
      }
      case "item_reference" ->
          throw item.mustBe(
              "type", "an item with its contents (this server keeps no earlier responses)");
      default ->
          throw item.mustBe(
              "type", "one of message, reasoning, function_call, function_call_output");
    }
  }

  private void message(Fields item) {
    String role = item.string("role").orElse("");
    String text = TextContent.read(item, "content", TEXT);
    switch (role) {
      case "assistant" -> {
        if (turn().hasContent()) {
          endTurn();
        }
        turn().say(text);
      }
      case "user" -> say("user", text);
      // LFM2 knows no developer: it is OpenAI's newer word for the system's instructions.
      case "system", "developer" -> say("system", text);
      default -> throw item.mustBe("role", "one of system, developer, user, assistant");
    }
  }

  /** The thoughts themselves, or else their summary; what others encrypted says nothing here. */
  private void reasoning(Fields item) {
    String source = item.has("content") ? "content" : "summary";
    if (item.has(source)) {
      turn().think(TextContent.read(item, source, REASONING));
    }
  }

  private void say(String role, String text) {
    endTurn();
    messages.add(Map.of("role", role, "content", text));
  }

  private AssistantTurn turn() {
    AssistantTurn current = turn.orElseGet(AssistantTurn::new);
    turn = Optional.of(current);
    return current;
  }

  private void endTurn() {
    turn.ifPresent(ended -> messages.add(ended.message()));
    turn = Optional.empty();
  }

  private static String required(Fields item, String name) {
    return item.string(name).orElseThrow(() -> item.mustBe(name, "a string"));
  }
}

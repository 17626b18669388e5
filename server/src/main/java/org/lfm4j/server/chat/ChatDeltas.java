package org.lfm4j.server.chat;

import java.util.List;
import java.util.UUID;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.tools.AnswerPart;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import org.lfm4j.text.tools.AnswerPart.ToolCall;
import tools.jackson.databind.node.ObjectNode;

/** Writes parts of an answer in vLLM's shapes. */
final class ChatDeltas {
  private ChatDeltas() {}

  /**
   * Returns what a stream says about a part: for a call its name, and then its arguments.
   *
   * @param index how many calls came before
   */
  static List<ObjectNode> of(AnswerPart part, int index) {
    return switch (part) {
      case Content content -> List.of(delta().put("content", content.source()));
      case Reasoning reasoning -> {
        ObjectNode delta = delta();
        putReasoning(delta, reasoning.source());
        yield List.of(delta);
      }
      case ToolCall call -> {
        ObjectNode opening = delta();
        putCall(opening.putArray("tool_calls").addObject().put("index", index), call, "");
        ObjectNode arguments = delta();
        arguments
            .putArray("tool_calls")
            .addObject()
            .put("index", index)
            .putObject("function")
            .put("arguments", call.arguments());
        yield List.of(opening, arguments);
      }
      case Markup _ -> List.of();
    };
  }

  /** Writes reasoning under both names that clients look for. */
  static void putReasoning(ObjectNode node, String reasoning) {
    node.put("reasoning", reasoning);
    node.put("reasoning_content", reasoning);
  }

  /** Writes a call with a new id. */
  static void putCall(ObjectNode node, ToolCall call, String arguments) {
    node.put("id", "chatcmpl-tool-" + UUID.randomUUID().toString().replace("-", ""));
    node.put("type", "function");
    node.putObject("function").put("name", call.name()).put("arguments", arguments);
  }

  private static ObjectNode delta() {
    return Json.MAPPER.createObjectNode();
  }
}

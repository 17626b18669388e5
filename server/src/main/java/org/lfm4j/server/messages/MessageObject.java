package org.lfm4j.server.messages;

import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The message that answers a request, as it is when a stream begins and when all has been said. */
final class MessageObject {
  private final AnswerHead head;
  private final Generation generation;
  private final int maxTokens;

  /** An answer that may have so many tokens by the request's own word. */
  MessageObject(AnswerHead head, Generation generation, int maxTokens) {
    this.head = head;
    this.generation = generation;
    this.maxTokens = maxTokens;
  }

  /** Returns a message with nothing in it. */
  ObjectNode begun() {
    ObjectNode node = with(Json.MAPPER.createArrayNode());
    node.putNull("stop_reason");
    node.putNull("stop_sequence");
    putUsage(node);
    return node;
  }

  /** Returns a message that has ended. */
  ObjectNode ended(ArrayNode content, boolean called) {
    ObjectNode node = with(content);
    putStop(node, called);
    putUsage(node);
    return node;
  }

  /** Writes why the message ended. */
  void putStop(ObjectNode node, boolean called) {
    node.put("stop_reason", stopReason(called));
    node.put("stop_sequence", generation.stopString().orElse(null));
  }

  /** Writes token counts as they are now; what came from the cache counts apart. */
  void putUsage(ObjectNode node) {
    ObjectNode usage = node.putObject("usage");
    usage.put("input_tokens", generation.promptTokens() - generation.cachedTokens());
    usage.put("cache_creation_input_tokens", 0);
    usage.put("cache_read_input_tokens", generation.cachedTokens());
    usage.put("output_tokens", generation.completionTokens());
  }

  private String stopReason(boolean called) {
    if (generation.finishReason() == FinishReason.LENGTH) {
      return generation.completionTokens() < maxTokens
          ? "model_context_window_exceeded"
          : "max_tokens";
    }
    if (generation.stopString().isPresent()) {
      return "stop_sequence";
    }
    return called ? "tool_use" : "end_turn";
  }

  private ObjectNode with(ArrayNode content) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("id", head.id());
    node.put("type", "message");
    node.put("role", "assistant");
    node.put("model", head.model());
    node.set("content", content);
    return node;
  }
}

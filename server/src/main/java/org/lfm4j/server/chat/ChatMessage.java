package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.text.tools.AnswerPart;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import org.lfm4j.text.tools.AnswerPart.ToolCall;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Gathers the parts of one answer into a message. */
final class ChatMessage {
  private final ChatTurn turn;
  private final StringBuilder content = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final List<ToolCall> calls = new ArrayList<>();

  ChatMessage(ChatTurn turn) {
    this.turn = turn;
    content.append(turn.echoed());
  }

  void add(AnswerPart part) {
    switch (part) {
      case Content text -> content.append(text.source());
      case Reasoning text -> reasoning.append(text.source());
      case ToolCall call -> calls.add(call);
      case Markup _ -> {}
    }
  }

  /**
   * Writes the message. Its content is null if it is nothing but calls or reasoning.
   *
   * @param reasoned whether there was reasoning, though it may not have been added
   */
  void putInto(ObjectNode message, boolean reasoned) {
    message.put("role", turn.role());
    if (content.isEmpty() && (reasoned || !calls.isEmpty())) {
      message.putNull("content");
    } else {
      message.put("content", content.toString());
    }
    message.putNull("refusal");
    if (!reasoning.isEmpty()) {
      ChatDeltas.putReasoning(message, reasoning.toString());
    }
    if (!calls.isEmpty()) {
      ArrayNode array = message.putArray("tool_calls");
      calls.forEach(call -> ChatDeltas.putCall(array.addObject(), call, call.arguments()));
    }
  }
}

package org.lfm4j.server;

import java.util.Optional;
import org.lfm4j.Generation;
import tools.jackson.databind.node.ObjectNode;

/** Collects a generation into one JSON answer. */
final class ChatResponder {
  private ChatResponder() {}

  /**
   * Waits for the end of a generation.
   *
   * @param first its first piece of text, if it has any
   * @return a {@code chat.completion}
   */
  static ObjectNode respond(ChatAnswer answer, Generation generation, Optional<String> first)
      throws InterruptedException {
    StringBuilder text = new StringBuilder();
    for (Optional<String> piece = first; piece.isPresent(); piece = generation.next()) {
      text.append(piece.get());
    }
    Generations.requireCompleted(generation);
    ObjectNode node = answer.start("chat.completion");
    ObjectNode choice = node.putArray("choices").addObject();
    choice.put("index", 0);
    ObjectNode message = choice.putObject("message");
    message.put("role", "assistant");
    message.put("content", text.toString());
    message.putNull("refusal");
    choice.putNull("logprobs");
    ChatAnswer.putFinish(choice, generation);
    ChatAnswer.putUsage(node, generation);
    node.put("system_fingerprint", ChatAnswer.FINGERPRINT);
    return node;
  }
}

package org.lfm4j.server.chat;

import org.lfm4j.Generation;
import org.lfm4j.server.generation.OutputLogprobs;
import org.lfm4j.server.generation.TokenNames;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities in the choices of one answer. */
final class ChatLogprobs {
  private final OutputLogprobs logprobs;

  /** Reports on one answer, of which the token that ends it is a part or not. */
  ChatLogprobs(TokenNames names, Generation generation, boolean includeStop) {
    this.logprobs = new OutputLogprobs(names, generation, includeStop);
  }

  /** Writes the log-probabilities of the tokens since the last call; null if none are known. */
  void put(ObjectNode choice, boolean ended) {
    ArrayNode content = logprobs.take(ended);
    if (content.isEmpty()) {
      choice.putNull("logprobs");
    } else {
      choice.putObject("logprobs").set("content", content);
    }
  }
}

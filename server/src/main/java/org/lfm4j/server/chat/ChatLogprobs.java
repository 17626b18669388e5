package org.lfm4j.server.chat;

import java.util.List;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.server.generation.PromptLogprobs;
import org.lfm4j.server.generation.TokenNames;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities of the tokens of one answer in OpenAI's shape, each reported once. */
final class ChatLogprobs {
  private final TokenNames names;
  private final Generation generation;
  private final boolean includeStop;
  private int reported;

  /** Reports on one answer, of which the token that ends it is a part or not. */
  ChatLogprobs(TokenNames names, Generation generation, boolean includeStop) {
    this.names = names;
    this.generation = generation;
    this.includeStop = includeStop;
  }

  /** Writes the log-probabilities of the tokens since the last call; null if none are known. */
  void put(ObjectNode choice, boolean ended) {
    List<TokenLogprobs> known = generation.logprobs();
    int until = Math.min(known.size(), generation.completionTokens());
    // The token that ends the turn has no text: it isn't part of the content.
    if (ended
        && !includeStop
        && generation.finishReason() == FinishReason.STOP
        && generation.stopString().isEmpty()) {
      until--;
    }
    if (until <= reported) {
      choice.putNull("logprobs");
      return;
    }
    ArrayNode content = choice.putObject("logprobs").putArray("content");
    for (TokenLogprobs token : known.subList(reported, until)) {
      ObjectNode node = content.addObject();
      describe(node, token.token(), token.logprob());
      ArrayNode top = node.putArray("top_logprobs");
      for (int i = 0; i < token.topIds().length; i++) {
        describe(top.addObject(), token.topIds()[i], token.topLogprobs()[i]);
      }
    }
    reported = until;
  }

  private void describe(ObjectNode node, int id, float logprob) {
    node.put("token", names.of(id));
    node.put("logprob", PromptLogprobs.finite(logprob));
    ArrayNode numbers = node.putArray("bytes");
    for (byte b : names.bytes(id)) {
      numbers.add(b & 0xff);
    }
  }
}

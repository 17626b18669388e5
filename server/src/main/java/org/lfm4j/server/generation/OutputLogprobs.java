package org.lfm4j.server.generation;

import java.util.List;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities of the tokens of one answer in OpenAI's shape, each reported once. */
public final class OutputLogprobs {
  private final TokenNames names;
  private final Generation generation;
  private final boolean includeStop;
  private int reported;

  /** Reports on one answer, of which the token that ends it is a part or not. */
  public OutputLogprobs(TokenNames names, Generation generation, boolean includeStop) {
    this.names = names;
    this.generation = generation;
    this.includeStop = includeStop;
  }

  /** Returns the log-probabilities of the tokens since the last call. */
  public ArrayNode take(boolean ended) {
    List<TokenLogprobs> known = generation.logprobs();
    int until = Math.min(known.size(), generation.completionTokens());
    // The token that ends the turn has no text: it isn't part of the content.
    if (ended
        && !includeStop
        && generation.finishReason() == FinishReason.STOP
        && generation.stopString().isEmpty()) {
      until--;
    }
    ArrayNode content = Json.MAPPER.createArrayNode();
    for (; reported < until; reported++) {
      TokenLogprobs token = known.get(reported);
      ObjectNode node = content.addObject();
      describe(node, token.token(), token.logprob());
      ArrayNode top = node.putArray("top_logprobs");
      for (int i = 0; i < token.topIds().length; i++) {
        describe(top.addObject(), token.topIds()[i], token.topLogprobs()[i]);
      }
    }
    return content;
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

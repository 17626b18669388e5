package org.lfm4j.server.generation;

import java.util.List;
import org.lfm4j.Generation;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.text.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities of the prompt in vLLM's shape. */
public final class PromptLogprobs {
  /** What JSON gets for a probability of zero, as from vLLM. */
  private static final float LEAST = -9999;

  private PromptLogprobs() {}

  /**
   * Writes {@code prompt_logprobs}: null for the first token, which nothing precedes, then for each
   * token an object that holds it and the likeliest ones in its place by their ids.
   */
  public static void put(ObjectNode answer, Tokenizer tokenizer, Generation generation) {
    List<TokenLogprobs> tokens = generation.promptLogprobs();
    ArrayNode list = answer.putArray("prompt_logprobs");
    list.addNull();
    for (TokenLogprobs token : tokens) {
      ObjectNode byId = list.addObject();
      put(byId, tokenizer, token.token(), token.logprob(), token.rank());
      for (int i = 0; i < token.topIds().length; i++) {
        put(byId, tokenizer, token.topIds()[i], token.topLogprobs()[i], i + 1);
      }
    }
  }

  /** Returns a log-probability that JSON can hold. */
  public static float finite(float logprob) {
    return Math.max(logprob, LEAST);
  }

  private static void put(ObjectNode byId, Tokenizer tokenizer, int id, float logprob, int rank) {
    ObjectNode node = byId.putObject(Integer.toString(id));
    node.put("logprob", finite(logprob));
    node.put("rank", rank);
    node.put("decoded_token", tokenizer.token(id));
  }
}

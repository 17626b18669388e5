package org.lfm4j.server.completions;

import java.util.List;
import org.lfm4j.Generation;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.server.generation.PromptLogprobs;
import org.lfm4j.server.generation.TokenNames;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.StreamDecoder;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Log-probabilities of the tokens of one answer in the shape of OpenAI's completions: four lists of
 * equal length, of which {@code text_offset} counts code points.
 */
final class CompletionLogprobs {
  private final TokenNames names;
  private final int top;
  private final boolean skipSpecialTokens;
  private StreamDecoder decoder;
  private ObjectNode lists = emptyLists();
  private int offset;
  private int reported;

  /**
   * Reports on one answer.
   *
   * @param top how many alternatives to show besides the token itself
   * @param skipSpecialTokens whether control tokens are left out of the answer's text
   */
  CompletionLogprobs(TokenNames names, int top, boolean skipSpecialTokens) {
    this.names = names;
    this.top = top == SamplingParams.ALL ? Integer.MAX_VALUE : top;
    this.skipSpecialTokens = skipSpecialTokens;
    this.decoder = names.tokenizer().newStreamDecoder(skipSpecialTokens);
  }

  /** Adds the tokens of the prompt; nothing precedes the first, so it has no probability. */
  void addPrompt(Prompt prompt, List<TokenLogprobs> logprobs) {
    decoder = names.tokenizer().newStreamDecoder(false);
    for (int i = 0; i < prompt.ids().length; i++) {
      int id = prompt.ids()[i];
      if (i == 0) {
        addName(id);
        lists.withArray("token_logprobs").addNull();
        lists.withArray("top_logprobs").addNull();
      } else {
        add(logprobs.get(i - 1));
      }
      if (i >= prompt.silent()) {
        advance(id);
      }
    }
    offset = prompt.text().codePointCount(0, prompt.text().length());
    decoder = names.tokenizer().newStreamDecoder(skipSpecialTokens);
  }

  /** Adds the tokens of the answer that have come since the last call. */
  void addOutput(Generation generation) {
    List<TokenLogprobs> known = generation.logprobs();
    int until = Math.min(known.size(), generation.completionTokens());
    for (TokenLogprobs token : known.subList(Math.min(reported, until), until)) {
      add(token);
      advance(token.token());
    }
    reported = Math.max(reported, until);
  }

  /** Writes what has been added since the last time. */
  void putInto(ObjectNode choice) {
    choice.set("logprobs", lists);
    lists = emptyLists();
  }

  private static ObjectNode emptyLists() {
    ObjectNode lists = Json.MAPPER.createObjectNode();
    for (String name : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
      lists.putArray(name);
    }
    return lists;
  }

  private void addName(int id) {
    lists.withArray("tokens").add(names.of(id));
    lists.withArray("text_offset").add(offset);
  }

  private void advance(int id) {
    String text = decoder.push(id);
    offset += text.codePointCount(0, text.length());
  }

  private void add(TokenLogprobs token) {
    addName(token.token());
    lists.withArray("token_logprobs").add(PromptLogprobs.finite(token.logprob()));
    ObjectNode alternatives = ((ArrayNode) lists.get("top_logprobs")).addObject();
    putAlternative(alternatives, token.token(), token.logprob());
    for (int i = 0; i < Math.min(top, token.topIds().length); i++) {
      putAlternative(alternatives, token.topIds()[i], token.topLogprobs()[i]);
    }
  }

  /** Of tokens with one name the likeliest is shown, so that the maximum stays the maximum. */
  private void putAlternative(ObjectNode alternatives, int id, float logprob) {
    String name = names.of(id);
    float finite = PromptLogprobs.finite(logprob);
    if (!alternatives.has(name) || alternatives.get(name).floatValue() < finite) {
      alternatives.put(name, finite);
    }
  }
}

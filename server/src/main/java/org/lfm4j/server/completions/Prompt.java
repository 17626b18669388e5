package org.lfm4j.server.completions;

import java.util.Arrays;
import org.lfm4j.text.Tokenizer;

/**
 * A text to be continued.
 *
 * @param ids its tokens
 * @param text it as an answer repeats it
 * @param silent how many tokens at the beginning are not in the text, since the server added them
 */
record Prompt(int[] ids, String text, int silent) {

  /** A text, with the tokenizer's own tokens before it if wanted. */
  static Prompt of(String text, boolean addSpecialTokens, Tokenizer tokenizer) {
    int silent = addSpecialTokens ? tokenizer.prefixIds().length : 0;
    return new Prompt(tokenizer.encodeTrusted(text, addSpecialTokens), text, silent);
  }

  /** Tokens, of which all are in the text. */
  static Prompt of(int[] ids, Tokenizer tokenizer) {
    return new Prompt(ids, tokenizer.decode(ids, false), 0);
  }

  /** Returns this prompt as far as its tokens are used. */
  Prompt cutTo(int[] used, Tokenizer tokenizer) {
    return Arrays.equals(used, ids) ? this : of(used, tokenizer);
  }
}

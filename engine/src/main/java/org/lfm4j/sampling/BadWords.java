package org.lfm4j.sampling;

import java.util.Arrays;
import java.util.List;

/**
 * Sequences of tokens that may not be completed, as NoBadWordsLogitsProcessor of transformers
 * defines it: the last token of a word is impossible while prompt and output end with the rest of
 * it. (vLLM looks at the output only, and so completes a word that the prompt begins.)
 */
final class BadWords {
  private final int[][] words;

  /**
   * The end of the sequence, oldest first: as many tokens as the longest word has before its last.
   */
  private final int[] tail;

  private int known;

  BadWords(List<List<Integer>> badWords) {
    words =
        badWords.stream()
            .map(word -> word.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    tail = new int[Arrays.stream(words).mapToInt(word -> word.length - 1).max().orElse(0)];
  }

  void observe(int token) {
    if (tail.length > 0) {
      System.arraycopy(tail, 1, tail, 0, tail.length - 1);
      tail[tail.length - 1] = token;
      known = Math.min(known + 1, tail.length);
    }
  }

  boolean none() {
    return words.length == 0;
  }

  void mask(float[] logits, int offset) {
    for (int[] word : words) {
      if (begun(word)) {
        logits[offset + word[word.length - 1]] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  void mask(long[] bits, int from) {
    for (int[] word : words) {
      if (begun(word)) {
        TokenMask.forbid(bits, from, word[word.length - 1]);
      }
    }
  }

  private boolean begun(int[] word) {
    int prefix = word.length - 1;
    return prefix <= known
        && Arrays.equals(word, 0, prefix, tail, tail.length - prefix, tail.length);
  }
}

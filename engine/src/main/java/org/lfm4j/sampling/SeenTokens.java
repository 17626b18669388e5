package org.lfm4j.sampling;

import java.util.Arrays;

/** The distinct tokens of a sequence, kept so that a penalty touches only them. */
final class SeenTokens {
  private final boolean[] seen;
  private int[] list = new int[64];
  private int size;

  SeenTokens(int vocabSize) {
    this.seen = new boolean[vocabSize];
  }

  void add(int token) {
    if (seen[token]) {
      return;
    }
    seen[token] = true;
    if (size == list.length) {
      list = Arrays.copyOf(list, 2 * size);
    }
    list[size++] = token;
  }

  /**
   * Divides positive logits of seen tokens by the penalty and multiplies negative ones by it (CTRL,
   * arXiv 1909.05858; RepetitionPenaltyLogitsProcessor of transformers).
   */
  void penalise(float[] logits, float penalty) {
    for (int i = 0; i < size; i++) {
      float logit = logits[list[i]];
      logits[list[i]] = logit < 0 ? logit * penalty : logit / penalty;
    }
  }
}

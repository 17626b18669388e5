package org.lfm4j.sampling;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/** What a request forbids or favours by token id: allowed ids, bad words, minimum length, bias. */
final class TokenMask {
  private final int vocabSize;
  private final int[] allowed;
  private final float[] allowedLogits;
  private final BadWords badWords;
  private final int[] stopIds;
  private int tokensBeforeStop;
  private final int[] biased;
  private final float[] bias;

  TokenMask(SamplingParams params, int vocabSize, Set<Integer> stopIds) {
    this.vocabSize = vocabSize;
    this.allowed = ints(params.allowedTokenIds().orElse(Set.of()));
    this.allowedLogits = new float[allowed.length];
    this.badWords = new BadWords(params.badWords());
    this.stopIds = stopIds.stream().mapToInt(id -> id).filter(id -> id < vocabSize).toArray();
    this.tokensBeforeStop = params.minTokens();
    Map<Integer, Float> logitBias = params.logitBias();
    this.biased = ints(logitBias.keySet());
    this.bias = new float[biased.length];
    for (int i = 0; i < biased.length; i++) {
      bias[i] = logitBias.getOrDefault(biased[i], 0f);
    }
  }

  private static int[] ints(Set<Integer> ids) {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  void observePrompt(int token) {
    badWords.observe(token);
  }

  void observe(int token) {
    badWords.observe(token);
    tokensBeforeStop = Math.max(0, tokensBeforeStop - 1);
  }

  /**
   * Makes what is forbidden impossible and adds the bias, in place.
   *
   * @param mustStop whether nothing but a stop can follow, however short the output is
   */
  void apply(float[] logits, int offset, boolean mustStop) {
    if (allowed.length > 0) {
      keepAllowed(logits, offset);
    }
    badWords.mask(logits, offset);
    if (tokensBeforeStop > 0 && !mustStop) {
      for (int id : stopIds) {
        logits[offset + id] = Float.NEGATIVE_INFINITY;
      }
    }
    for (int i = 0; i < biased.length; i++) {
      logits[offset + biased[i]] += bias[i];
    }
  }

  /** Returns whether anything is forbidden, or may be. */
  boolean forbids() {
    return allowed.length > 0 || !badWords.none() || tokensBeforeStop > 0;
  }

  boolean biases() {
    return biased.length > 0;
  }

  /**
   * Takes what is forbidden out of a set of tokens: {@link #apply} without the bias.
   *
   * @param words the set from index {@code from} on, as in {@link Sampler#writeMask}
   */
  void apply(long[] words, int from, boolean mustStop) {
    if (allowed.length > 0) {
      keepAllowed(words, from);
    }
    badWords.mask(words, from);
    if (tokensBeforeStop > 0 && !mustStop) {
      for (int id : stopIds) {
        forbid(words, from, id);
      }
    }
  }

  private void keepAllowed(long[] words, int from) {
    for (int i = 0; i < allowed.length; i++) {
      long bit = words[from + (allowed[i] >> 6)] & (1L << allowed[i]);
      allowedLogits[i] = bit == 0 ? 0 : 1;
    }
    Arrays.fill(words, from, from + Math.ceilDiv(vocabSize, Long.SIZE), 0);
    for (int i = 0; i < allowed.length; i++) {
      if (allowedLogits[i] != 0) {
        words[from + (allowed[i] >> 6)] |= 1L << allowed[i];
      }
    }
  }

  static void forbid(long[] words, int from, int id) {
    words[from + (id >> 6)] &= ~(1L << id);
  }

  private void keepAllowed(float[] logits, int offset) {
    for (int i = 0; i < allowed.length; i++) {
      allowedLogits[i] = logits[offset + allowed[i]];
    }
    Arrays.fill(logits, offset, offset + vocabSize, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < allowed.length; i++) {
      logits[offset + allowed[i]] = allowedLogits[i];
    }
  }
}

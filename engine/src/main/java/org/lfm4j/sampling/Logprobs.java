package org.lfm4j.sampling;

import java.util.Arrays;

/**
 * Log-probabilities of raw logits: before masks, bias, penalties and temperature, as vLLM reports
 * them by default (raw_logprobs). Compute them before {@link Sampler#sample} changes the logits.
 */
public final class Logprobs {
  private Logprobs() {}

  /**
   * Computes the log-softmax of one row at one token and at the most likely ones.
   *
   * @param logits not changed
   * @param offset where the row begins
   * @param vocabSize logits of the row
   * @param token id in [0, vocabSize)
   * @param top how many of the most likely to report; {@link SamplingParams#ALL} reports all
   * @throws SamplingException if a logit is NaN or infinite, or all are negative infinity
   */
  public static TokenLogprobs of(float[] logits, int offset, int vocabSize, int token, int top) {
    double logTotal = logTotal(logits, offset, vocabSize);
    long[] keys =
        top == SamplingParams.ALL
            ? allKeys(logits, offset, vocabSize)
            : topKeys(logits, offset, vocabSize, Math.min(top, vocabSize));
    int[] ids = new int[keys.length];
    float[] logprobs = new float[keys.length];
    for (int i = 0; i < keys.length; i++) {
      ids[i] = (int) keys[i];
      logprobs[i] = (float) (logits[offset + ids[i]] - logTotal);
    }
    float logprob = (float) (logits[offset + token] - logTotal);
    return new TokenLogprobs(token, logprob, rank(logits, offset, vocabSize, token), ids, logprobs);
  }

  private static double logTotal(float[] logits, int offset, int vocabSize) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = offset; i < offset + vocabSize; i++) {
      max = Math.max(max, logits[i]);
    }
    if (!Float.isFinite(max)) {
      throw SamplingException.noLogprobs(max);
    }
    double total = 0;
    for (int i = offset; i < offset + vocabSize; i++) {
      total += Math.exp(logits[i] - max);
    }
    return max + Math.log(total);
  }

  private static int rank(float[] logits, int offset, int vocabSize, int token) {
    float logit = logits[offset + token];
    int rank = 1;
    for (int id = 0; id < vocabSize; id++) {
      float other = logits[offset + id];
      if (other > logit || (other == logit && id < token)) {
        rank++;
      }
    }
    return rank;
  }

  private static long[] allKeys(float[] logits, int offset, int vocabSize) {
    long[] keys = new long[vocabSize];
    for (int id = 0; id < vocabSize; id++) {
      keys[id] = key(logits[offset + id], id);
    }
    Arrays.sort(keys);
    return keys;
  }

  private static long[] topKeys(float[] logits, int offset, int vocabSize, int top) {
    long[] keys = new long[top];
    Arrays.fill(keys, Long.MAX_VALUE);
    for (int id = 0; id < vocabSize && top > 0; id++) {
      long key = key(logits[offset + id], id);
      if (key < keys[top - 1]) {
        int at = top - 1;
        for (; at > 0 && key < keys[at - 1]; at--) {
          keys[at] = keys[at - 1];
        }
        keys[at] = key;
      }
    }
    return keys;
  }

  /** Orders by falling logit, then by rising id; the low half is the id. */
  private static long key(float logit, int id) {
    // Adding zero turns a negative zero into a positive one.
    int bits = Float.floatToRawIntBits(logit + 0f);
    int rising = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return ((long) ~rising << 32) | id;
  }
}

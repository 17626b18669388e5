package org.lfm4j.sampling.grammar;

/** A set of token ids as bits. Immutable once it is handed out. */
public final class TokenBits {
  private final long[] words;

  TokenBits(int vocabSize) {
    words = new long[Math.ceilDiv(vocabSize, Long.SIZE)];
  }

  void add(int token) {
    words[token >> 6] |= 1L << token;
  }

  void addAll(TokenBits other) {
    for (int i = 0; i < words.length; i++) {
      words[i] |= other.words[i];
    }
  }

  /** Returns whether a token is in the set. */
  public boolean contains(int token) {
    return (words[token >> 6] & (1L << token)) != 0;
  }

  /** Returns how many tokens are in the set. */
  public int count() {
    int count = 0;
    for (long word : words) {
      count += Long.bitCount(word);
    }
    return count;
  }

  /** Sets the logits of all other tokens to negative infinity. */
  public void keep(float[] logits, int offset, int vocabSize) {
    for (int i = 0; i < words.length; i++) {
      long word = words[i];
      int from = offset + i * Long.SIZE;
      int to = Math.min(from + Long.SIZE, offset + vocabSize);
      if (word == 0) {
        for (int j = from; j < to; j++) {
          logits[j] = Float.NEGATIVE_INFINITY;
        }
      } else if (word != -1) {
        for (int j = from; j < to; j++) {
          if ((word & (1L << (j - from))) == 0) {
            logits[j] = Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
  }

  /** Copies the set: bit {@code id % 64} of word {@code from + id / 64}. */
  public void copyTo(long[] target, int from) {
    System.arraycopy(words, 0, target, from, words.length);
  }

  int bytes() {
    return words.length * Long.BYTES;
  }
}

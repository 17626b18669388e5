package org.lfm4j.cuda;

import org.lfm4j.runner.StepResult;

/**
 * Where the sampler's arrays are in its block of device memory, in bytes. S is the number of slots,
 * V the vocabulary, B its blocks of 256 ids, W the 32-bit words of a set of tokens. What the host
 * writes comes first, and in host memory it lies in the same places.
 *
 * @param choices [S] {@code struct Choice}; before them, at 0, their number
 * @param masks [S, W]
 * @param cleared [S] slots to be emptied
 * @param entries [{@link #ENTRIES}, 3] slot, token, how often the output holds it
 * @param tokens [S], from here on what the host reads
 * @param logprobs [S]
 * @param ranks [S]
 * @param topIds [S, 20]
 * @param topLogprobs [S, 20]
 * @param seen [S, W], kept from step to step as the next
 * @param counts [S, V]
 * @param blockKeys [S, B], kept within a step as the next two
 * @param blockSums [S, B]
 * @param higher [S, B]
 * @param bytes of all
 */
record SamplerPlaces(
    long choices,
    long masks,
    long cleared,
    long entries,
    long tokens,
    long logprobs,
    long ranks,
    long topIds,
    long topLogprobs,
    long seen,
    long counts,
    long blockKeys,
    long blockSums,
    long higher,
    long bytes) {
  /** Most entries that are sent at a time. */
  static final int ENTRIES = 1 << 16;

  static final int CHOICE_BYTES = 80;
  static final int ENTRY_BYTES = 3 * Integer.BYTES;

  /** Ids of which one block's largest logit is known. */
  private static final int BLOCK_IDS = 256;

  private static final long ALIGNMENT = 256;

  static SamplerPlaces of(int vocabSize, int slots) {
    long ints = Integer.BYTES * (long) slots;
    long tops = ints * StepResult.MAX_LOGPROBS;
    long[] next = {ALIGNMENT};
    return new SamplerPlaces(
        take(next, (long) slots * CHOICE_BYTES),
        take(next, ints * words(vocabSize)),
        take(next, ints),
        take(next, (long) ENTRIES * ENTRY_BYTES),
        take(next, ints),
        take(next, ints),
        take(next, ints),
        take(next, tops),
        take(next, tops),
        take(next, ints * words(vocabSize)),
        take(next, ints * vocabSize),
        take(next, ints * blocks(vocabSize)),
        take(next, ints * blocks(vocabSize)),
        take(next, ints * blocks(vocabSize)),
        next[0]);
  }

  /** Returns the bytes that the host has too, what it writes and what it reads. */
  long hostBytes() {
    return seen;
  }

  /** Returns the 32-bit words of a set of tokens: whole longs of {@code Choices.maskBits}. */
  static int words(int vocabSize) {
    return 2 * Math.ceilDiv(vocabSize, Long.SIZE);
  }

  static int blocks(int vocabSize) {
    return Math.ceilDiv(vocabSize, BLOCK_IDS);
  }

  private static long take(long[] next, long bytes) {
    long place = next[0];
    next[0] += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    return place;
  }
}

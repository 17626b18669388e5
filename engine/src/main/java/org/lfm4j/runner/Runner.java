package org.lfm4j.runner;

import org.lfm4j.checkpoint.ModelConfig;

/**
 * Arithmetic of one model on one device. Not thread-safe: exactly one thread drives a runner (and
 * the sequences that it opened) at a time.
 */
public interface Runner extends AutoCloseable {

  /** Returns the shape of the model that runs here. */
  ModelConfig config();

  /**
   * Opens an empty sequence: no keys and values, convolution state zero.
   *
   * @param capacity most tokens it will ever hold
   */
  SequenceState open(int capacity);

  /**
   * Appends tokens to a sequence and computes logits for the last of them. Cutting a prompt into
   * chunks of any size gives the same logits.
   *
   * @param sequence a sequence that this runner opened
   * @param tokens ids, each in [0, vocabSize)
   * @param from first index used in {@code tokens}
   * @param to index after the last one used; {@code sequence.length() + to - from} must not exceed
   *     {@code sequence.capacity()}
   * @param logits receives the logits of the last {@code n = logits.length / vocabSize} appended
   *     tokens, row-major [n, vocabSize]; length 0 asks for none
   * @throws IllegalArgumentException if a token, the range or the capacity is out of bounds; the
   *     sequence is then unchanged
   */
  void forward(SequenceState sequence, int[] tokens, int from, int to, float[] logits);

  /** Frees threads and memory. */
  @Override
  void close();
}

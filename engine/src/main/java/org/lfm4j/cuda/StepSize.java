package org.lfm4j.cuda;

/**
 * How large the kernels of a step are launched. The step itself may be smaller: what is really
 * there they read from {@link StepInputs}, so that a recorded step serves all smaller ones.
 *
 * @param rows most tokens
 * @param logitRows most rows whose logits are wanted
 * @param chunks whether a sequence may have more than one row
 * @param chunkItems items of the attention kernel for chunks
 * @param mergeItems chunks whose attention has to be merged
 */
record StepSize(int rows, int logitRows, boolean chunks, int chunkItems, int mergeItems) {

  /** A step in which every sequence has one row, whose logits are wanted. */
  static StepSize decode(int sequences) {
    return new StepSize(sequences, sequences, false, 0, 0);
  }
}

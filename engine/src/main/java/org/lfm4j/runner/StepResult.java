package org.lfm4j.runner;

/**
 * What a step computed: the logits of the rows that wanted them, in their order. Owned by the
 * engine thread, reused for every step.
 */
public final class StepResult {
  private final int vocabSize;
  private final float[] logits;

  /**
   * Reserves room.
   *
   * @param maxLogitRows most rows of one step that want logits
   * @param vocabSize logits of one row
   */
  public StepResult(int maxLogitRows, int vocabSize) {
    this.vocabSize = vocabSize;
    this.logits = new float[Math.multiplyExact(maxLogitRows, vocabSize)];
  }

  /** Returns the number of logits of one row. */
  public int vocabSize() {
    return vocabSize;
  }

  /** Returns all logits, row-major [maxLogitRows, vocabSize]; those of this step come first. */
  public float[] logits() {
    return logits;
  }
}

package org.lfm4j.runner;

/**
 * Drives one sequence of a runner chunk by chunk, over pages of its own: for tests of arithmetic.
 * The runner must have been allocated with enough pages.
 */
public final class SingleSequence {
  private final Runner runner;
  private final int[] pages;
  private int length;

  /** Opens an empty sequence on pages from {@code firstPage} on. */
  public SingleSequence(Runner runner, int firstPage, int capacity) {
    this.runner = runner;
    this.pages = new int[runner.cacheSpec().pagesFor(capacity)];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = firstPage + i;
    }
  }

  /** Returns how many tokens have been appended. */
  public int length() {
    return length;
  }

  /**
   * Appends tokens [from, to) and computes the logits of the last {@code logits.length / vocabSize}
   * of them.
   */
  public void forward(int[] tokens, int from, int to, float[] logits) {
    int vocabSize = runner.config().vocabSize();
    int wanted = logits.length / vocabSize;
    Batch batch = new Batch(Math.max(1, to - from), 1);
    batch.addSequence(length, pages, pages.length);
    for (int i = from; i < to; i++) {
      batch.addRow(tokens[i], i >= to - wanted);
    }
    StepResult result = new StepResult(wanted, vocabSize);
    runner.step(batch, result);
    System.arraycopy(result.logits(), 0, logits, 0, logits.length);
    length += to - from;
  }
}

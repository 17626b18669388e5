package org.lfm4j.runner;

/** Refuses a batch with ids out of range before anything is computed. */
public final class BatchCheck {
  private BatchCheck() {}

  /**
   * Checks tokens and pages.
   *
   * @throws IllegalArgumentException naming the row, the value and its range
   */
  public static void check(Batch batch, int vocabSize, int pages, int pageTokens) {
    check(batch, vocabSize, pages, pageTokens, 0);
  }

  /**
   * The same for a batch that may name tokens of the step before.
   *
   * @param chosenBefore how many tokens that step chooses
   */
  public static void check(
      Batch batch, int vocabSize, int pages, int pageTokens, int chosenBefore) {
    for (int row = 0; row < batch.rows(); row++) {
      if (batch.token(row) < -chosenBefore || batch.token(row) >= vocabSize) {
        throw new IllegalArgumentException(
            "token %d in row %d is not in [0, %d)".formatted(batch.token(row), row, vocabSize));
      }
    }
    for (int s = 0; s < batch.sequences(); s++) {
      int length = batch.start(s) + batch.firstRow(s + 1) - batch.firstRow(s);
      for (int i = 0; i * pageTokens < length; i++) {
        int page = batch.page(s, i);
        if (page < 0 || page >= pages) {
          throw new IllegalArgumentException(
              "page %d of sequence %d is not in [0, %d)".formatted(page, s, pages));
        }
      }
    }
  }
}

package org.lfm4j.runner;

/**
 * What a step computed: the logits of the rows that wanted them, in their order, and what the
 * runner chose. Owned by the engine thread, reused for every step.
 */
public final class StepResult {
  /** Most alternatives that a runner reports with a token. */
  public static final int MAX_LOGPROBS = 20;

  /** Instead of a token: a logit that could be chosen is NaN. */
  public static final int NAN = -1;

  /** Instead of a token: a logit that could be chosen is positive infinity. */
  public static final int INFINITE = -2;

  /** Instead of a token: the mask, or the logits, allow none. */
  public static final int NONE_LEFT = -3;

  private final int vocabSize;
  private float[] logits;
  private final int[] tokens;
  private final float[] logprobs;
  private final int[] ranks;
  private final int[] topIds;
  private final float[] topLogprobs;

  /**
   * Reserves room for a runner that doesn't choose tokens.
   *
   * @param maxLogitRows most rows of one step that want logits
   * @param vocabSize logits of one row
   */
  public StepResult(int maxLogitRows, int vocabSize) {
    this(maxLogitRows, vocabSize, 0);
  }

  /**
   * Reserves room.
   *
   * @param maxLogitRows most rows of one step that want logits
   * @param vocabSize logits of one row
   * @param maxChoices most tokens that the runner chooses in one step
   */
  public StepResult(int maxLogitRows, int vocabSize, int maxChoices) {
    this.vocabSize = vocabSize;
    this.logits = new float[Math.multiplyExact(maxLogitRows, vocabSize)];
    this.tokens = new int[maxChoices];
    this.logprobs = new float[maxChoices];
    this.ranks = new int[maxChoices];
    this.topIds = new int[maxChoices * MAX_LOGPROBS];
    this.topLogprobs = new float[maxChoices * MAX_LOGPROBS];
  }

  /**
   * Makes room for the logits of so many rows, whose contents are lost where there was less. Room
   * for the largest step is tens of megabytes, which a start would wait for.
   *
   * @param rows in the step that comes next
   */
  public void reserve(int rows) {
    if (rows > logits.length / vocabSize) {
      int most = Math.max(rows, 2 * (logits.length / vocabSize));
      logits = new float[Math.multiplyExact(most, vocabSize)];
    }
  }

  /** Returns the number of logits of one row. */
  public int vocabSize() {
    return vocabSize;
  }

  /**
   * Returns all logits, row-major [maxLogitRows, vocabSize]; those of this step come first, wanted
   * logits {@code i} in row {@code i}. A runner that chooses tokens writes only the rows of {@link
   * Batch#hostLogits}; the others hold whatever was there.
   */
  public float[] logits() {
    return logits;
  }

  /**
   * Returns what was chosen, [maxChoices] in the order of {@link Choices}: token ids, or {@link
   * #NAN}, {@link #INFINITE} or {@link #NONE_LEFT}, which fail that sequence alone.
   */
  public int[] tokens() {
    return tokens;
  }

  /**
   * Returns the natural log-probabilities of the chosen tokens under the raw logits, [maxChoices];
   * set for choices that want log-probabilities. One that is not finite is the row's largest raw
   * logit instead (NaN or infinite), which fails that sequence alone.
   */
  public float[] logprobs() {
    return logprobs;
  }

  /**
   * Returns the places of the chosen tokens among the raw logits, 1 for the largest, equals in
   * order of their ids, [maxChoices]; set for choices that want log-probabilities.
   */
  public int[] ranks() {
    return ranks;
  }

  /**
   * Returns the most likely ids of a choice under the raw logits, most likely first, equals in
   * order of their ids: row-major [maxChoices, {@link #MAX_LOGPROBS}], of which the first {@link
   * ChoiceParams#logprobs} are set, fewer in a smaller vocabulary.
   */
  public int[] topIds() {
    return topIds;
  }

  /** Returns the log-probabilities of {@link #topIds}, in the same places. */
  public float[] topLogprobs() {
    return topLogprobs;
  }
}

package org.lfm4j.runner;

import java.util.Arrays;

/**
 * The work of one step as flat arrays: rows of tokens, grouped by sequence. Chunks of prompts and
 * single decode tokens mix freely; a runner sees no difference. Filled and read by the engine
 * thread, reused for every step.
 *
 * <p>Row {@code r} of sequence {@code s} is the token at position {@code start(s) + r -
 * firstRow(s)}. Its keys and values go to page {@code page(s, position / pageTokens)}. The
 * convolution state before the first row is that of the page of position {@code start(s) - 1}, or
 * zero at position 0; a runner leaves the new state in the page of the last row and in every page
 * that it fills on the way.
 */
public final class Batch {
  private final int[] tokens;
  private final int[] logitRows;
  private final int[] firstRow;
  private final int[] start;
  private final int[] firstPage;
  private int[] pages;
  private int rows;
  private int sequences;
  private int logitCount;
  private boolean namesChosenBefore;
  private final boolean[] hostLogits;
  private final Choices choices;

  /**
   * Makes an empty batch.
   *
   * @param maxRows most tokens of a step
   * @param maxSequences most sequences of a step
   */
  public Batch(int maxRows, int maxSequences) {
    this.tokens = new int[maxRows];
    this.logitRows = new int[maxRows];
    this.firstRow = new int[maxSequences + 1];
    this.start = new int[maxSequences];
    this.firstPage = new int[maxSequences + 1];
    this.pages = new int[maxSequences];
    this.hostLogits = new boolean[maxRows];
    this.choices = new Choices(maxSequences);
  }

  /**
   * Returns what stands in a row for a token that the step before, which is still on its way, was
   * asked to choose; negative.
   *
   * @param choice of that step
   */
  public static int chosenBefore(int choice) {
    return -1 - choice;
  }

  /** Empties the batch. */
  public void clear() {
    rows = 0;
    sequences = 0;
    logitCount = 0;
    namesChosenBefore = false;
    choices.clear();
  }

  /**
   * Opens the next sequence; the rows added until the next call belong to it.
   *
   * @param position position of its first row
   * @param pageTable its pages, which must reach to its last row
   * @param pageCount how many entries of the table count
   */
  public void addSequence(int position, int[] pageTable, int pageCount) {
    addSequence(position, pageTable, 0, pageCount);
  }

  /** The same with a page table that begins at {@code from} in an array. */
  public void addSequence(int position, int[] tables, int from, int pageCount) {
    int first = firstPage[sequences];
    if (pages.length < first + pageCount) {
      pages = Arrays.copyOf(pages, Math.max(2 * pages.length, first + pageCount));
    }
    System.arraycopy(tables, from, pages, first, pageCount);
    start[sequences] = position;
    sequences++;
    firstPage[sequences] = first + pageCount;
    firstRow[sequences] = rows;
  }

  /** Adds a row to the sequence opened last and says whether its logits are wanted. */
  public void addRow(int token, boolean wantsLogits) {
    if (wantsLogits) {
      hostLogits[logitCount] = true;
      logitRows[logitCount++] = rows;
    }
    namesChosenBefore |= token < 0;
    tokens[rows++] = token;
    firstRow[sequences] = rows;
  }

  /** Returns the number of tokens. */
  public int rows() {
    return rows;
  }

  /** Returns the number of sequences. */
  public int sequences() {
    return sequences;
  }

  /** Returns the token id of a row, or what {@link #chosenBefore} says. */
  public int token(int row) {
    return tokens[row];
  }

  /** Returns whether some row holds what {@link #chosenBefore} says. */
  public boolean namesChosenBefore() {
    return namesChosenBefore;
  }

  /** Returns the first row of a sequence; {@code firstRow(sequences())} is {@code rows()}. */
  public int firstRow(int sequence) {
    return firstRow[sequence];
  }

  /** Returns the position of a sequence's first row: how many of its tokens are cached. */
  public int start(int sequence) {
    return start[sequence];
  }

  /** Returns entry {@code index} of a sequence's page table. */
  public int page(int sequence, int index) {
    return pages[firstPage[sequence] + index];
  }

  /** Copies the first entries of a sequence's page table into an array, from a place on. */
  public void copyPages(int sequence, int count, int[] to, int place) {
    System.arraycopy(pages, firstPage[sequence], to, place, count);
  }

  /** Returns the number of rows whose logits are wanted. */
  public int logitCount() {
    return logitCount;
  }

  /** Returns the row of wanted logits {@code i}; ascending in {@code i}. */
  public int logitRow(int i) {
    return logitRows[i];
  }

  /**
   * Leaves a choice to the runner, which must be one that chooses tokens; the caller then doesn't
   * get these logits. In rising order of {@code i}.
   *
   * @param i which of the wanted logits
   * @param how how to choose
   * @param slot where the runner counts the tokens of the sequence, or {@link Choices#NO_SLOT}
   * @param uniform the random number of this draw, in [0, 1)
   */
  public void choose(int i, ChoiceParams how, int slot, double uniform) {
    hostLogits[i] = false;
    choices.add(i, how, slot, uniform);
  }

  /**
   * Returns whether the caller reads wanted logits {@code i} from the {@link StepResult}. Always so
   * for a runner that doesn't choose tokens.
   */
  public boolean hostLogits(int i) {
    return hostLogits[i];
  }

  /** Returns the tokens that the runner is to choose. */
  public Choices choices() {
    return choices;
  }
}

package org.lfm4j.runner;

import java.util.Arrays;

/**
 * The tokens that a runner is to choose at the end of a step, for runners that say they do ({@link
 * Runner#choosesTokens}); empty for all others. Part of a {@link Batch}, filled by the engine
 * thread, reused for every step.
 *
 * <p>A sequence with penalties has a <em>slot</em> on the device, in which the runner keeps which
 * tokens the sequence holds and how often its output holds each. Before a step chooses, the runner
 * empties the slots of {@link #clearedSlot} and then makes the entries of {@link #entrySlot}, in
 * any order. After choosing it adds the chosen token to the choice's slot by itself: it is seen,
 * and once more in the output. No slot has two choices in a step.
 *
 * <p>A <em>mask</em> is a set of allowed tokens: bit {@code id % 64} of word {@code id / 64}.
 */
public final class Choices {
  /** The slot of a choice that no penalty needs. */
  public static final int NO_SLOT = -1;

  /** The mask of a choice that allows all tokens. */
  public static final int NO_MASK = -1;

  private final ChoiceParams[] params;
  private final int[] rows;
  private final int[] slots;
  private final int[] masks;
  private final double[] uniforms;
  private final int[] clearedSlots;
  private int count;
  private int clearedCount;
  private int entryCount;
  private int maskCount;
  private int maskWords;
  private int[] entrySlots = {};
  private int[] entryTokens = {};
  private int[] entryOutputs = {};
  private long[] words = {};
  private Runnable masksReady = () -> {};

  Choices(int most) {
    params = new ChoiceParams[most];
    rows = new int[most];
    slots = new int[most];
    masks = new int[most];
    uniforms = new double[most];
    clearedSlots = new int[most];
  }

  void clear() {
    count = 0;
    clearedCount = 0;
    entryCount = 0;
    maskCount = 0;
    masksReady = () -> {};
  }

  void add(int logitIndex, ChoiceParams how, int slot, double uniform) {
    rows[count] = logitIndex;
    params[count] = how;
    slots[count] = slot;
    uniforms[count] = uniform;
    masks[count] = NO_MASK;
    count++;
  }

  // ---- filled by the caller ----

  /** Empties a slot before this step chooses. */
  public void clearSlot(int slot) {
    clearedSlots[clearedCount++] = slot;
  }

  /**
   * Says that a sequence holds a token; each only once after its slot was cleared.
   *
   * @param inOutput how often its output does; 0 if only the prompt holds it
   */
  public void enter(int slot, int token, int inOutput) {
    if (entryCount == entryTokens.length) {
      int room = Math.max(1024, 2 * entryCount);
      entrySlots = Arrays.copyOf(entrySlots, room);
      entryTokens = Arrays.copyOf(entryTokens, room);
      entryOutputs = Arrays.copyOf(entryOutputs, room);
    }
    entrySlots[entryCount] = slot;
    entryTokens[entryCount] = token;
    entryOutputs[entryCount] = inOutput;
    entryCount++;
  }

  /** Gives the choice added last a mask, whose words are set before {@link #awaitMasks} returns. */
  public void addMask(int vocabSize) {
    maskWords = Math.ceilDiv(vocabSize, Long.SIZE);
    masks[count - 1] = maskCount++;
    if (words.length < maskCount * maskWords) {
      words = Arrays.copyOf(words, 2 * maskCount * maskWords);
    }
  }

  /** Says what sets the words of the masks, or waits until they are set; called once in a step. */
  public void setMasksReady(Runnable ready) {
    masksReady = ready;
  }

  // ---- read by the runner ----

  /** Returns how many tokens are to be chosen; at most one for each sequence of the step. */
  public int count() {
    return count;
  }

  /** Returns from which wanted logits (index {@code i} of {@link Batch#logitRow}); ascending. */
  public int logitIndex(int choice) {
    return rows[choice];
  }

  /** Returns how. */
  public ChoiceParams params(int choice) {
    return params[choice];
  }

  /** Returns the slot that the penalties look at, or {@link #NO_SLOT}. */
  public int slot(int choice) {
    return slots[choice];
  }

  /**
   * Returns the random number in [0, 1) of this draw: the chosen token is the first, by id, up to
   * which the tokens that are kept have more than this share of their probability; 0 if greedy.
   */
  public double uniform(int choice) {
    return uniforms[choice];
  }

  /** Returns which mask holds, or {@link #NO_MASK}. */
  public int mask(int choice) {
    return masks[choice];
  }

  /** Returns how many masks there are. */
  public int maskCount() {
    return maskCount;
  }

  /** Returns the longs of one mask: {@code ceil(vocabSize / 64)}. */
  public int maskWords() {
    return maskWords;
  }

  /**
   * Returns the words of all masks, row-major [maskCount, maskWords]; right once {@link
   * #awaitMasks} has returned.
   */
  public long[] maskBits() {
    return words;
  }

  /**
   * Waits until the masks of grammars are known, which other threads find out while the runner
   * computes. A runner calls it once in each step that has masks, after it has sent its work to the
   * device and before it reads {@link #maskBits}.
   */
  public void awaitMasks() {
    masksReady.run();
  }

  /** Returns how many slots are to be emptied first. */
  public int clearedCount() {
    return clearedCount;
  }

  /** Returns a slot to be emptied. */
  public int clearedSlot(int i) {
    return clearedSlots[i];
  }

  /**
   * Returns how many entries are to be made in slots: the distinct tokens of sequences that begin
   * or come back. Usually 0, seldom more than a few thousand, but without a useful bound.
   */
  public int entryCount() {
    return entryCount;
  }

  /** Returns the slot of an entry. */
  public int entrySlot(int i) {
    return entrySlots[i];
  }

  /** Returns the token that the slot has seen. */
  public int entryToken(int i) {
    return entryTokens[i];
  }

  /** Returns how often the output holds it, maybe 0. */
  public int entryOutputs(int i) {
    return entryOutputs[i];
  }
}

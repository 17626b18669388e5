package org.lfm4j.runner;

import org.lfm4j.checkpoint.ModelConfig;

/**
 * Arithmetic of one model on one device, over a pool of cache pages whose numbers the caller hands
 * out. Not thread-safe: exactly one thread drives a runner.
 */
public interface Runner extends AutoCloseable {

  /** Returns the shape of the model that runs here. */
  ModelConfig config();

  /** Returns what a page of this runner costs. */
  CacheSpec cacheSpec();

  /**
   * Returns the bytes of activations that this runner keeps for steps of these sizes, logits on the
   * host not counted.
   *
   * @param maxRows most rows of a step
   * @param maxLogitRows most rows of a step that want logits
   */
  long workspaceBytes(int maxRows, int maxLogitRows);

  /**
   * Takes all memory that steps will need, but for that of pages, which may be taken when they are
   * first used; called once, before the first step.
   *
   * @param pages cache pages, numbered from 0
   * @param maxRows most rows of a step
   * @param maxLogitRows most rows of a step that want logits
   */
  void allocate(int pages, int maxRows, int maxLogitRows);

  /**
   * Returns whether this runner chooses tokens itself, where its logits are; the caller then leaves
   * to it what it can ({@link Batch#choose}), and calls {@link #allocateSlots}.
   */
  default boolean choosesTokens() {
    return false;
  }

  /**
   * Takes the memory that choosing needs; called once, after {@link #allocate}, if this runner
   * chooses tokens.
   *
   * @param slots how many sequences run at once: the slots, numbered from 0, in which their tokens
   *     are counted, and the most choices of a step
   */
  default void allocateSlots(int slots) {
    throw new UnsupportedOperationException("this runner leaves choosing tokens to its caller");
  }

  /**
   * Computes a step: caches every row and writes the wanted logits, or the tokens that it was to
   * choose from them. What a sequence gets depends neither on how its tokens are cut into steps nor
   * on what else is in the batch. If a step throws, the caller clears the slots of its choices
   * before it uses them again.
   *
   * @throws IllegalArgumentException if a token or a page is out of range; nothing is computed then
   * @throws BrokenRunnerException if this step failed as every later one would
   */
  void step(Batch batch, StepResult result);

  /**
   * Computes a step and runs something else on the calling thread, which a runner on a device does
   * while the device computes. If {@code meanwhile} throws, the step is still completed, and then
   * this throws the same; its results may be missing. {@code meanwhile} isn't run if the step
   * throws before it is on its way.
   *
   * @param meanwhile touches neither the batch, nor the result, nor the runner
   * @throws IllegalArgumentException if a token or a page is out of range; nothing is computed then
   */
  default void step(Batch batch, StepResult result, Runnable meanwhile) {
    try {
      meanwhile.run();
    } finally {
      step(batch, result);
    }
  }

  /**
   * Returns whether steps may overlap: {@link #begin} may be called again while one step is on its
   * way, with a batch whose rows name tokens that the first one still has to choose ({@link
   * Batch#chosenBefore}). The caller then uses {@link #begin} and {@link #await} instead of {@link
   * #step}.
   */
  default boolean overlapsSteps() {
    return false;
  }

  /**
   * Sends a step on its way; at most two are. What a step computes is what it would compute once
   * the one before is over.
   *
   * @param batch stays as it is until {@link #await} has returned for it
   * @throws IllegalArgumentException if a token or a page is out of range; nothing is begun then
   */
  default void begin(Batch batch) {
    throw new UnsupportedOperationException("the steps of this runner don't overlap");
  }

  /**
   * Waits for the step that was begun first. If it failed, this throws, and what the one after it
   * returns means nothing.
   */
  default void await(StepResult result) {
    throw new UnsupportedOperationException("the steps of this runner don't overlap");
  }

  /**
   * Returns how many different experts a layer read in a recent step, on average over its layers; 0
   * if that isn't counted.
   */
  default double expertsPerLayer() {
    return 0;
  }

  /** Copies the contents of one page, keys, values and state, to another. */
  void copyPage(int from, int to);

  /** Frees threads and memory. */
  @Override
  void close();
}

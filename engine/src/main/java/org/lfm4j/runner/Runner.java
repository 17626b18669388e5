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

  /** Returns the bytes of activations that this runner keeps for its steps. */
  long workspaceBytes();

  /**
   * Takes all memory that steps will need; called once, before the first step.
   *
   * @param pages cache pages, numbered from 0
   * @param maxRows most rows of a step
   * @param maxLogitRows most rows of a step that want logits
   */
  void allocate(int pages, int maxRows, int maxLogitRows);

  /**
   * Computes a step: caches every row and writes the wanted logits. What a sequence gets depends
   * neither on how its tokens are cut into steps nor on what else is in the batch.
   *
   * @throws IllegalArgumentException if a token or a page is out of range; nothing is computed then
   */
  void step(Batch batch, StepResult result);

  /** Copies the contents of one page, keys, values and state, to another. */
  void copyPage(int from, int to);

  /** Frees threads and memory. */
  @Override
  void close();
}

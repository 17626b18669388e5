package org.lfm4j.checkpoint;

import org.lfm4j.tensor.Tensor;

/**
 * The weights of one model under their published safetensors names, whatever the file format:
 * {@code model.layers.3.feed_forward.experts.5.w1.weight} is answered for per-expert and fused
 * files alike. {@code lm_head.weight} is there only where a file stores it and is then the output
 * head; else the embedding is. Weights are views of mapped memory, valid until {@link #close}.
 */
public interface Checkpoint extends AutoCloseable {

  /** Returns the model's shape. */
  ModelConfig config();

  /** Returns whether a tensor of this name exists. */
  boolean has(String name);

  /**
   * Returns a weight.
   *
   * @throws CheckpointException if there is none of this name
   */
  Tensor tensor(String name);

  /** Returns the bytes of all weights as they are stored. */
  default long weightBytes() {
    return 2 * config().parameterCount();
  }

  /** Unmaps the files. */
  @Override
  void close();
}

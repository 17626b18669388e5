package org.lfm4j.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.RandomCheckpoint;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/**
 * Random weights whose biases alone decide which experts a layer takes, so that rounding can't move
 * a token to another expert. What the experts count still depends on the router.
 */
final class FixedChoice implements Checkpoint {
  private static final int STEP = 37;

  private final RandomCheckpoint random;

  FixedChoice(ModelConfig config, long seed) {
    this.random = new RandomCheckpoint(config, seed);
  }

  @Override
  public ModelConfig config() {
    return random.config();
  }

  @Override
  public boolean has(String name) {
    return random.has(name);
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = random.tensor(name);
    if (!name.endsWith("expert_bias")) {
      return tensor;
    }
    int experts = tensor.shape().getFirst();
    MemorySegment biases = Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, experts);
    for (int e = 0; e < experts; e++) {
      // Two apart; scores lie within one.
      int rank = Math.floorMod(STEP * e + name.hashCode(), experts);
      biases.setAtIndex(ValueLayout.JAVA_FLOAT, e, 2 * rank);
    }
    return new Tensor(name, DType.F32, tensor.shape(), biases);
  }

  @Override
  public void close() {
    random.close();
  }
}

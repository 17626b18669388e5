package org.lfm4j.checkpoint;

import java.lang.foreign.Arena;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.lfm4j.tensor.Tensor;

/** A model of {@link RandomWeights} in memory, outside the heap. */
public final class RandomCheckpoint implements Checkpoint {
  private final ModelConfig config;
  private final Arena arena = Arena.ofShared();
  private final Map<String, Tensor> tensors = new ConcurrentHashMap<>();

  /** Makes all weights of a model. */
  public RandomCheckpoint(ModelConfig config, long seed) {
    this.config = config;
    ExpectedTensors.of(config).entrySet().parallelStream()
        .forEach(entry ->
            tensors.put(
                entry.getKey(),
                RandomWeights.tensor(entry.getKey(), entry.getValue(), seed, arena)));
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new CheckpointException("there is no tensor " + name);
    }
    return tensor;
  }

  @Override
  public void close() {
    arena.close();
  }
}

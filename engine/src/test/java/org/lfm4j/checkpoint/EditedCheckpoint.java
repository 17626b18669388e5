package org.lfm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** A checkpoint in memory some of whose weights are changed for a test. */
public final class EditedCheckpoint implements Checkpoint {
  private final ModelConfig config;
  private final Map<String, Tensor> tensors = new HashMap<>();

  /** Takes the weights that a configuration needs, as far as the base has them. */
  public EditedCheckpoint(ModelConfig config, Checkpoint base) {
    this.config = config;
    ExpectedTensors.of(config).keySet().stream()
        .filter(base::has)
        .forEach(name -> tensors.put(name, base.tensor(name)));
  }

  /** Changes the values of a weight; they are rounded to its type. */
  public EditedCheckpoint edit(String name, UnaryOperator<float[]> change) {
    Tensor old = tensor(name);
    return put(name, old.dtype(), old.shape(), change.apply(old.floats()));
  }

  /** Fills a weight with one value. */
  public EditedCheckpoint fill(String name, float value) {
    return edit(
        name,
        old -> {
          java.util.Arrays.fill(old, value);
          return old;
        });
  }

  /** Multiplies a weight. */
  public EditedCheckpoint scale(String name, float factor) {
    return edit(
        name,
        old -> {
          for (int i = 0; i < old.length; i++) {
            old[i] *= factor;
          }
          return old;
        });
  }

  /** Adds or replaces a weight. */
  public EditedCheckpoint put(String name, DType dtype, List<Integer> shape, float... values) {
    MemorySegment data = Arena.ofAuto().allocate((long) values.length * dtype.bytes(), 64);
    for (int i = 0; i < values.length; i++) {
      switch (dtype) {
        case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
        case BF16 ->
            data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) RandomWeights.bfloat16(values[i]));
        case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(values[i]));
        default -> throw new IllegalArgumentException(dtype.name());
      }
    }
    tensors.put(name, new Tensor(name, dtype, shape, data));
    return this;
  }

  /** Gives a weight of another checkpoint a name here. */
  public EditedCheckpoint take(String name, Tensor other) {
    tensors.put(name, new Tensor(name, other.dtype(), other.shape(), other.data()));
    return this;
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
  public void close() {}
}

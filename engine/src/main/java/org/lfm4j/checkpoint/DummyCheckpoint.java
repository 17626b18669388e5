package org.lfm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/**
 * Random weights of any shape, in memory outside the heap, for measurements: matrices and taps with
 * deviation 0.02, norms one, biases zero, so that tokens spread evenly over experts.
 */
public final class DummyCheckpoint implements Checkpoint {
  private static final float DEVIATION = 0.02f;
  private static final short ONE = 0x3f80;

  private final ModelConfig config;
  private final Arena arena = Arena.ofShared();
  private final Map<String, List<Integer>> shapes;
  private final Map<String, Tensor> tensors = new ConcurrentHashMap<>();

  /** Makes no weight yet: each is made when it is first asked for. */
  public DummyCheckpoint(ModelConfig config) {
    this.config = config;
    this.shapes = ExpectedTensors.of(config);
  }

  private Tensor make(String name, List<Integer> shape) {
    DType dtype = name.endsWith("expert_bias") ? DType.F32 : DType.BF16;
    long elements = shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    MemorySegment data = arena.allocate(elements * dtype.bytes(), 64);
    if (name.endsWith("norm.weight")) {
      for (long i = 0; i < elements; i++) {
        data.setAtIndex(ValueLayout.JAVA_SHORT, i, ONE);
      }
    } else if (dtype == DType.BF16) {
      fill(data, elements, name.hashCode());
    }
    return new Tensor(name, dtype, shape, data);
  }

  /** Sums of four 16-bit numbers are near enough to normal. */
  private static void fill(MemorySegment data, long elements, long seed) {
    // Four uniform numbers over 65,536 have a variance of 65,536^2 / 3.
    float step = (float) (DEVIATION * Math.sqrt(3) / 65_536);
    long state = seed;
    for (long i = 0; i < elements; i++) {
      state += 0x9e3779b97f4a7c15L;
      long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
      z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
      z ^= z >>> 31;
      long sum = (z & 0xffff) + ((z >>> 16) & 0xffff) + ((z >>> 32) & 0xffff) + (z >>> 48);
      int bits = Float.floatToRawIntBits((sum - 131_070) * step);
      data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) ((bits + 0x8000) >>> 16));
    }
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public boolean has(String name) {
    return shapes.containsKey(name);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the machine has too little memory for it
   */
  @Override
  public Tensor tensor(String name) {
    List<Integer> shape = shapes.get(name);
    if (shape == null) {
      throw new CheckpointException("there is no tensor " + name);
    }
    try {
      return tensors.computeIfAbsent(name, missing -> make(missing, shape));
    } catch (OutOfMemoryError e) {
      throw new IllegalArgumentException(
          "random weights of this model take %.1f GB of memory, which this machine does not have: choose a smaller model"
              .formatted(2e-9 * config.parameterCount()),
          e);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}

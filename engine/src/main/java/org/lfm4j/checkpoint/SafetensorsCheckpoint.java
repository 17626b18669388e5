package org.lfm4j.checkpoint;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.lfm4j.tensor.Tensor;

/**
 * A model directory with config.json and one or several memory-mapped safetensors files. All
 * weights are checked for presence, type and shape when it is opened; their bytes are read by the
 * system when first used.
 */
public final class SafetensorsCheckpoint implements Checkpoint {
  private final Path directory;
  private final ModelConfig config;
  private final Map<String, Tensor> tensors;
  private final Arena arena;

  private SafetensorsCheckpoint(
      Path directory, ModelConfig config, Map<String, Tensor> tensors, Arena arena) {
    this.directory = directory;
    this.config = config;
    this.tensors = tensors;
    this.arena = arena;
  }

  /**
   * Opens a model directory.
   *
   * @param directory holds config.json and model.safetensors, or model.safetensors.index.json with
   *     the files that it names
   * @throws CheckpointException if anything is missing or doesn't fit; names the file, the tensor,
   *     what was expected and what was found
   */
  public static SafetensorsCheckpoint open(Path directory) {
    SafetensorsDirectory.requireModelDirectory(directory);
    ModelConfig config = ModelConfigReader.read(directory.resolve("config.json"));
    Arena arena = Arena.ofShared();
    try {
      SafetensorsDirectory files = SafetensorsDirectory.open(directory, arena);
      return new SafetensorsCheckpoint(
          directory, config, collect(directory, config, new WeightLayout(files)), arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Map<String, Tensor> collect(
      Path directory, ModelConfig config, WeightLayout layout) {
    Map<String, Tensor> tensors = new HashMap<>();
    List<String> problems = new ArrayList<>();
    SequencedMap<String, List<Integer>> expected = ExpectedTensors.of(config);
    if (layout.has(ExpectedTensors.LM_HEAD)) {
      expected.put(ExpectedTensors.LM_HEAD, List.of(config.vocabSize(), config.hiddenSize()));
    }
    expected.forEach((name, shape) -> {
      Optional<Tensor> tensor = layout.find(name);
      if (tensor.isEmpty()) {
        problems.add(
            "%s: tensor %s: expected %s, found none"
                .formatted(directory, layout.storedName(name), shape));
      } else if (!tensor.get().shape().equals(shape)) {
        problems.add(
            "%s: tensor %s: expected shape %s by config.json, found %s"
                .formatted(layout.file(name), name, shape, tensor.get().shape()));
      } else {
        tensors.put(name, tensor.get());
      }
    });
    if (!problems.isEmpty()) {
      throw new CheckpointException(
          problems.getFirst()
              + (problems.size() > 1
                  ? " (and %d more problems)".formatted(problems.size() - 1)
                  : "")
              + "; config.json and the weights don't belong together, or files are incomplete");
    }
    return tensors;
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
      throw new CheckpointException("%s: there is no tensor %s".formatted(directory, name));
    }
    return tensor;
  }

  @Override
  public void close() {
    arena.close();
  }
}

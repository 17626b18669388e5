package org.lfm4j.checkpoint.gguf;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.tensor.Tensor;

/**
 * A model in a memory-mapped GGUF file, or in several that were split from one. All weights are
 * checked for presence, type and shape when it is opened.
 */
public final class GgufCheckpoint implements Checkpoint {
  private final GgufFiles files;
  private final ModelConfig config;
  private final Map<String, Tensor> tensors;
  private final Arena arena;

  private GgufCheckpoint(
      GgufFiles files, ModelConfig config, Map<String, Tensor> tensors, Arena arena) {
    this.files = files;
    this.config = config;
    this.tensors = tensors;
    this.arena = arena;
  }

  /**
   * Opens a file; of a split model the first one, the others lie beside it.
   *
   * @throws CheckpointException if anything is missing or doesn't fit; names the file, the tensor
   *     or key, what was expected and what was found
   */
  public static GgufCheckpoint open(Path file) {
    Arena arena = Arena.ofShared();
    try {
      GgufFiles files = GgufFiles.open(file, arena);
      ModelConfig config = GgufConfig.read(files.metadata(), files.infos());
      return new GgufCheckpoint(files, config, collect(file, config, files), arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Map<String, Tensor> collect(Path file, ModelConfig config, GgufFiles files) {
    Map<String, Tensor> tensors = new HashMap<>();
    List<String> problems = new ArrayList<>();
    SequencedMap<String, List<Integer>> expected = ExpectedTensors.of(config);
    expected.forEach((name, shape) -> {
      Optional<Tensor> tensor = GgufNames.find(name).flatMap(at -> files.tensor(name, at, shape));
      if (tensor.isPresent()) {
        tensors.put(name, tensor.get());
      } else {
        problems.add(
            "%s: tensor %s: expected %s, found %s"
                .formatted(file, storedName(name), shape, files.shapeOf(storedName(name))));
      }
    });
    if (!problems.isEmpty()) {
      throw new CheckpointException(
          problems.getFirst()
              + (problems.size() > 1
                  ? " (and %d more problems)".formatted(problems.size() - 1)
                  : ""));
    }
    return tensors;
  }

  private static String storedName(String name) {
    return GgufNames.find(name).map(GgufNames.Stored::name).orElse(name);
  }

  /** Returns what the file says besides its weights. */
  public GgufMetadata metadata() {
    return files.metadata();
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
      throw new CheckpointException(
          "%s: there is no tensor %s".formatted(files.metadata().source(), name));
    }
    return tensor;
  }

  @Override
  public long weightBytes() {
    return tensors.values().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
  }

  @Override
  public void close() {
    arena.close();
  }
}

package org.lfm4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;
import tools.jackson.databind.json.JsonMapper;

class SafetensorsCheckpointTest {
  private static final String CONFIG = TinyModels.moeConfig(50);
  private static final long SEED = 3;

  private final Arena arena = Arena.ofConfined();
  @TempDir private Path directory;

  @AfterEach
  void closeArena() {
    arena.close();
  }

  @Test
  void singleFileGivesEveryTensor() throws IOException {
    write(published());
    assertHoldsPublishedWeights();
  }

  @Test
  void shardsAreFoundThroughTheIndex() throws IOException {
    Files.writeString(directory.resolve("config.json"), CONFIG);
    List<Tensor> tensors = published();
    Map<String, String> weightMap = new LinkedHashMap<>();
    for (int shard = 0; shard < 3; shard++) {
      String file = "model-0000%d-of-00003.safetensors".formatted(shard + 1);
      List<Tensor> part = new ArrayList<>();
      for (int i = shard; i < tensors.size(); i += 3) {
        part.add(tensors.get(i));
        weightMap.put(tensors.get(i).name(), file);
      }
      SafetensorsWriter.write(directory.resolve(file), part);
    }
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        JsonMapper.shared().writeValueAsString(Map.of("weight_map", weightMap)));
    assertHoldsPublishedWeights();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".weight"})
  void fusedExpertsAreCutIntoTheirParts(String suffix) throws IOException {
    write(FusedExperts.fuse(published(), 8, suffix, arena));
    assertHoldsPublishedWeights();
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F16"})
  void everyFloatTypeIsRead(DType dtype) throws IOException {
    List<Tensor> converted = published().stream().map(tensor -> convert(tensor, dtype)).toList();
    write(converted);
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(directory)) {
      for (Tensor expected : converted) {
        Tensor actual = checkpoint.tensor(expected.name());
        assertThat(actual.dtype()).isEqualTo(dtype);
        assertThat(actual.floats()).isEqualTo(expected.floats());
      }
    }
  }

  @Test
  void textPartOfVisionModelIsFound() throws IOException {
    write(
        published().stream()
            .map(tensor -> rename(tensor, tensor.name().replace("model.", "model.language_model.")))
            .toList());
    assertHoldsPublishedWeights();
  }

  @Test
  void separateHeadOfTiedModelIsOffered() throws IOException {
    List<Tensor> tensors = published();
    tensors.add(RandomWeights.tensor("lm_head.weight", List.of(50, 64), 9, arena));
    write(tensors);
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(directory)) {
      assertThat(checkpoint.tensor("lm_head.weight").floats())
          .containsExactly(tensors.getLast().floats());
    }
  }

  @Test
  void tiedModelHasNoHead() throws IOException {
    write(published());
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(directory)) {
      assertThat(checkpoint.has("lm_head.weight")).isFalse();
    }
  }

  @Test
  void dataMayStartAtAnOddAddress() throws IOException {
    Files.writeString(directory.resolve("config.json"), CONFIG);
    byte[] bytes = SafetensorsWriter.bytes(published());
    long length = ValueLayout.JAVA_LONG.byteSize() + headerLength(bytes);
    byte[] shifted = new byte[bytes.length + 1];
    System.arraycopy(bytes, 0, shifted, 0, (int) length);
    System.arraycopy(bytes, (int) length, shifted, (int) length + 1, bytes.length - (int) length);
    shifted[(int) length] = ' ';
    shifted[0]++;
    Files.write(directory.resolve("model.safetensors"), shifted);
    assertHoldsPublishedWeights();
  }

  private static int headerLength(byte[] bytes) {
    return MemorySegment.ofArray(bytes).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
  }

  private List<Tensor> published() {
    return TinyModels.tensors(CONFIG, SEED, arena);
  }

  private void write(List<Tensor> tensors) throws IOException {
    Files.writeString(directory.resolve("config.json"), CONFIG);
    SafetensorsWriter.write(directory.resolve("model.safetensors"), tensors);
  }

  private void assertHoldsPublishedWeights() {
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(directory)) {
      for (Tensor expected : published()) {
        Tensor actual = checkpoint.tensor(expected.name());
        assertThat(checkpoint.has(expected.name())).isTrue();
        assertThat(actual.name()).isEqualTo(expected.name());
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.floats()).isEqualTo(expected.floats());
      }
    }
  }

  private Tensor convert(Tensor tensor, DType dtype) {
    MemorySegment data = arena.allocate(tensor.elements() * dtype.bytes());
    float[] values = tensor.floats();
    for (int i = 0; i < values.length; i++) {
      switch (dtype) {
        case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, values[i]);
        case BF16 ->
            data.setAtIndex(
                ValueLayout.JAVA_SHORT_UNALIGNED, i, (short) RandomWeights.bfloat16(values[i]));
        case F16 ->
            data.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Float.floatToFloat16(values[i]));
      }
    }
    return new Tensor(tensor.name(), dtype, tensor.shape(), data);
  }

  private static Tensor rename(Tensor tensor, String name) {
    return new Tensor(name, tensor.dtype(), tensor.shape(), tensor.data());
  }
}

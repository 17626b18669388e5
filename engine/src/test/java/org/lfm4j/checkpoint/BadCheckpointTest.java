package org.lfm4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** A model directory that can't be used gives one error that says what and where. */
class BadCheckpointTest {
  private static final String CONFIG = TinyModels.moeConfig(50);
  private static final String INDEX = "model.safetensors.index.json";

  private final Arena arena = Arena.ofConfined();
  @TempDir private Path directory;

  @AfterEach
  void closeArena() {
    arena.close();
  }

  @Test
  void missingDirectory() {
    assertThatThrownBy(() -> SafetensorsCheckpoint.open(directory.resolve("absent")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("absent: no such directory");
  }

  @Test
  void fileInsteadOfDirectory() throws IOException {
    Path file = Files.writeString(directory.resolve("model.safetensors"), "");
    assertThatThrownBy(() -> SafetensorsCheckpoint.open(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("expected a model directory or a .gguf file, found another file");
  }

  @Test
  void notAModelAtAll() throws IOException {
    opening().hasMessageContaining("expected config.json, found an empty directory");
    Files.writeString(directory.resolve("photo.jpg"), "");
    opening().hasMessageContaining("expected config.json, found only [photo.jpg]");
  }

  @Test
  void weightsInAnotherFormat() throws IOException {
    Files.writeString(directory.resolve("config.json"), CONFIG);
    Files.writeString(directory.resolve("pytorch_model.bin"), "");
    opening()
        .hasMessageContaining("expected model.safetensors or " + INDEX)
        .hasMessageContaining("pytorch_model.bin");
  }

  @Test
  void truncatedFile() throws IOException {
    byte[] bytes = SafetensorsWriter.bytes(published());
    write(Arrays.copyOf(bytes, bytes.length - 1));
    opening()
        .hasMessageContaining("model.safetensors: tensor model.embedding_norm.weight: expected")
        .hasMessageContaining("truncated? download it again");
    write(Arrays.copyOf(bytes, 100));
    opening().hasMessageContaining("expected a header length of at most 92, found");
    write(new byte[] {1, 2, 3});
    opening().hasMessageContaining("expected a safetensors file, found only 3 bytes");
    write(new byte[0]);
    opening().hasMessageContaining("found only 0 bytes");
  }

  @Test
  void absurdHeaderLength() throws IOException {
    byte[] bytes = SafetensorsWriter.bytes(published());
    Arrays.fill(bytes, 0, 8, (byte) 0xff);
    write(bytes);
    opening().hasMessageContaining("found 18446744073709551615: not a safetensors file");
  }

  @Test
  void missingTensors() throws IOException {
    List<Tensor> tensors = published();
    tensors.removeIf(tensor -> tensor.name().endsWith("self_attn.k_proj.weight"));
    write(tensors);
    opening()
        .hasMessageContaining(
            "tensor model.layers.1.self_attn.k_proj.weight: expected [32, 64], found none")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("more problem"));
    tensors.removeIf(tensor -> tensor.name().contains("experts.5."));
    write(tensors);
    opening().hasMessageContaining("(and 9 more problems)");
  }

  @Test
  void missingHeadOfUntiedModel() throws IOException {
    write(published());
    Files.writeString(
        directory.resolve("config.json"),
        CONFIG.replace("\"conv_L_cache\"", "\"tie_word_embeddings\": false, \"conv_L_cache\""));
    opening().hasMessageContaining("tensor lm_head.weight: expected [50, 64], found none");
  }

  @Test
  void wrongShape() throws IOException {
    write(published());
    Files.writeString(
        directory.resolve("config.json"),
        CONFIG.replace("\"intermediate_size\": 96", "\"intermediate_size\": 80"));
    opening()
        .hasMessageContaining("model.safetensors: tensor model.layers.0.feed_forward.w1.weight")
        .hasMessageContaining("expected shape [80, 64] by config.json, found [96, 64]")
        .hasMessageContaining("2 more problems");
  }

  @Test
  void wrongShapeOfFusedExperts() throws IOException {
    write(FusedExperts.fuse(published(), 8, "", arena));
    Files.writeString(
        directory.resolve("config.json"),
        CONFIG.replace("\"moe_intermediate_size\": 32", "\"moe_intermediate_size\": 16"));
    opening().hasMessageContaining("expected shape [16, 64] by config.json, found [32, 64]");
  }

  @Test
  void wrongHeadOfTiedModel() throws IOException {
    List<Tensor> tensors = published();
    tensors.add(RandomWeights.tensor("lm_head.weight", List.of(49, 64), 9, arena));
    write(tensors);
    opening().hasMessageContaining("lm_head.weight: expected shape [50, 64] by config.json");
  }

  @Test
  void unknownDtype() throws IOException {
    String header = new String(SafetensorsWriter.bytes(published()), 8, 4000, "UTF-8");
    assertThat(header).contains("\"dtype\":\"BF16\"");
    byte[] bytes = SafetensorsWriter.bytes(published());
    int at = 8 + header.indexOf("BF16");
    System.arraycopy("F8_E".getBytes("UTF-8"), 0, bytes, at, 4);
    write(bytes);
    opening()
        .hasMessageContaining("model.safetensors: tensor model.embed_tokens.weight")
        .hasMessageContaining("expected dtype BF16, F16 or F32, found F8_E");
  }

  @Test
  void shardMissing() throws IOException {
    Files.writeString(directory.resolve("config.json"), CONFIG);
    Files.writeString(
        directory.resolve(INDEX),
        "{\"weight_map\": {\"model.embed_tokens.weight\": \"model-00001-of-00002.safetensors\"}}");
    opening().hasMessageContaining("model-00001-of-00002.safetensors: no such file");
  }

  @Test
  void indexThatDoesNotFit() throws IOException {
    Files.writeString(directory.resolve("config.json"), CONFIG);
    SafetensorsWriter.write(directory.resolve("a.safetensors"), published());
    Files.writeString(directory.resolve(INDEX), "{\"weight_map\": {\"x\": \"a.safetensors\"}}");
    opening().hasMessageContaining("a.safetensors: tensor x: expected in this file by " + INDEX);
    Files.writeString(directory.resolve(INDEX), "{\"weight_map\": {\"x\": \"../a.safetensors\"}}");
    opening().hasMessageContaining("the name of a file in the same directory");
    Files.writeString(directory.resolve(INDEX), "{\"weight_map\": {\"x\": 1}}");
    opening().hasMessageContaining("the name of a file in the same directory");
    Files.writeString(directory.resolve(INDEX), "{}");
    opening().hasMessageContaining("\"weight_map\": expected an object");
    Files.writeString(directory.resolve(INDEX), "{");
    opening().hasMessageContaining(INDEX + ": expected a JSON object, found bad JSON");
  }

  @Test
  void unknownTensorName() throws IOException {
    write(published());
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(directory)) {
      assertThatThrownBy(() -> checkpoint.tensor("model.norm.weight"))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("there is no tensor model.norm.weight");
    }
  }

  @Test
  void unneededTensorOfAnyTypeIsNoProblem() throws IOException {
    List<Tensor> tensors = new ArrayList<>(published());
    tensors.add(
        new Tensor("vision.bias", DType.F32, List.of(0), MemorySegment.ofArray(new byte[0])));
    write(tensors);
    SafetensorsCheckpoint.open(directory).close();
  }

  private AbstractThrowableAssert<?, ? extends Throwable> opening() {
    return assertThatThrownBy(() -> SafetensorsCheckpoint.open(directory).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(directory.toString());
  }

  private List<Tensor> published() {
    return TinyModels.tensors(CONFIG, 3, arena);
  }

  private void write(List<Tensor> tensors) throws IOException {
    write(SafetensorsWriter.bytes(tensors));
  }

  private void write(byte[] bytes) throws IOException {
    Files.writeString(directory.resolve("config.json"), CONFIG);
    Files.write(directory.resolve("model.safetensors"), bytes);
  }
}

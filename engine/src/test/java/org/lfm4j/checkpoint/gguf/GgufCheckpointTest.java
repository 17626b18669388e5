package org.lfm4j.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.RandomCheckpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

class GgufCheckpointTest {
  @TempDir private Path directory;

  private Path write(String configJson) {
    return write(configJson, writer -> {});
  }

  private Path write(String configJson, java.util.function.Consumer<GgufWriter> change) {
    Path file = directory.resolve("model.gguf");
    try (RandomCheckpoint model = TinyModels.inMemory(configJson, 5)) {
      GgufWriter writer = GgufConverter.convert(model, "tiny", GgufMix.BF16);
      change.accept(writer);
      writer.write(file);
    }
    return file;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everythingComesBack(boolean sparse) {
    String json = sparse ? TinyModels.moeConfig(50) : TinyModels.denseConfig(50);
    Path file = write(json);
    try (Checkpoint expected = TinyModels.inMemory(json, 5);
        Checkpoint actual = GgufCheckpoint.open(file)) {
      assertThat(actual.config()).isEqualTo(expected.config());
      for (String name : ExpectedTensors.of(expected.config()).keySet()) {
        Tensor tensor = actual.tensor(name);
        assertThat(tensor.shape()).as(name).isEqualTo(expected.tensor(name).shape());
        assertThat(tensor.floats()).as(name).isEqualTo(expected.tensor(name).floats());
      }
      assertThat(actual.has(ExpectedTensors.LM_HEAD)).isFalse();
      assertThatThrownBy(() -> actual.tensor("no.such"))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("no.such");
    }
  }

  @Test
  void aSeparateHeadIsRead() {
    Path file =
        write(
            TinyModels.denseConfig(50),
            writer ->
                writer.add(
                    "output.weight", List.of(50, 64), DType.Q8_0, GgufCheckpointTest::zeros));
    try (Checkpoint checkpoint = GgufCheckpoint.open(file)) {
      assertThat(checkpoint.config().tieWordEmbeddings()).isFalse();
      assertThat(checkpoint.tensor(ExpectedTensors.LM_HEAD).dtype()).isEqualTo(DType.Q8_0);
    }
  }

  @Test
  void theOtherPartsOfASplitFileAreRead() throws IOException {
    GgufValue two = new GgufValue.Whole(2);
    Path whole = write(TinyModels.denseConfig(50), writer -> writer.put("split.count", two));
    Path first = Files.move(whole, directory.resolve("model-00001-of-00002.gguf"));
    Path second = directory.resolve("model-00002-of-00002.gguf");
    new GgufWriter()
        .put("split.count", two)
        .add("output.weight", List.of(50, 64), DType.Q8_0, GgufCheckpointTest::zeros)
        .write(second);
    try (Checkpoint checkpoint = GgufCheckpoint.open(first)) {
      assertThat(checkpoint.tensor(ExpectedTensors.EMBEDDING).rows()).isEqualTo(50);
      assertThat(checkpoint.tensor(ExpectedTensors.LM_HEAD).dtype()).isEqualTo(DType.Q8_0);
    }
    Files.delete(second);
    assertThatThrownBy(() -> GgufCheckpoint.open(first))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("model-00002-of-00002.gguf: no such file");
  }

  private static void zeros(long from, long to, MemorySegment out) {
    out.fill((byte) 0);
  }

  /** A published file says 12288 where its tensors have 8192. */
  @Test
  void tensorsAreRightWhereKeysSayOtherwise() {
    Path file =
        write(
            TinyModels.denseConfig(50),
            writer -> {
              writer.put("lfm2.feed_forward_length", new GgufValue.Whole(144));
              writer.put("lfm2.vocab_size", new GgufValue.Whole(49));
            });
    try (Checkpoint checkpoint = GgufCheckpoint.open(file)) {
      assertThat(checkpoint.config().intermediateSize()).isEqualTo(96);
      assertThat(checkpoint.config().vocabSize()).isEqualTo(50);
    }
  }

  @Test
  void theFinalNormMayHaveItsOtherName() throws IOException {
    byte[] bytes = Files.readAllBytes(write(TinyModels.denseConfig(50)));
    // What the tensor's name loses the model's name gets, so that the data stays where it is.
    bytes = replace(bytes, "token_embd_norm.weight", "output_norm.weight");
    bytes = replace(bytes, "tiny", "tiny1234");
    Path file = Files.write(directory.resolve("renamed.gguf"), bytes);
    try (Checkpoint expected = TinyModels.inMemory(TinyModels.denseConfig(50), 5);
        Checkpoint actual = GgufCheckpoint.open(file)) {
      assertThat(actual.tensor(ExpectedTensors.FINAL_NORM).floats())
          .isEqualTo(expected.tensor(ExpectedTensors.FINAL_NORM).floats());
    }
  }

  /** Replaces a text and its length. */
  private static byte[] replace(byte[] bytes, String text, String other) {
    int at = indexOf(bytes, text) - Long.BYTES;
    GgufOutput out = new GgufOutput();
    byte[] replacement = out.text(other).padded(1);
    byte[] result = java.util.Arrays.copyOf(bytes, bytes.length + other.length() - text.length());
    System.arraycopy(replacement, 0, result, at, replacement.length);
    int rest = at + Long.BYTES + text.length();
    System.arraycopy(bytes, rest, result, at + replacement.length, bytes.length - rest);
    return result;
  }

  private static int indexOf(byte[] bytes, String text) {
    byte[] wanted = text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    for (int i = 0; i < bytes.length - wanted.length; i++) {
      if (java.util.Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    throw new AssertionError(text + " is not in the file");
  }

  @Test
  void whatIsWrongIsSaidInWords() throws IOException {
    Path text = Files.writeString(directory.resolve("text.gguf"), "Once upon a time");
    assertFails(text, "expected a GGUF file");
    assertFails(Files.writeString(directory.resolve("empty.gguf"), ""), "expected a GGUF file");
    assertFails(directory.resolve("absent.gguf"), "no such file");
    Path file = write(TinyModels.denseConfig(50));
    byte[] bytes = Files.readAllBytes(file);
    Path cut = directory.resolve("cut.gguf");
    Files.write(cut, java.util.Arrays.copyOf(bytes, bytes.length - 5000));
    assertFails(cut, "truncated? download it again");
    assertFails(
        write(
            TinyModels.denseConfig(50),
            w -> w.put("general.architecture", new GgufValue.Text("llama"))),
        "expected lfm2 or lfm2moe");
    assertFails(
        write(
            TinyModels.denseConfig(50),
            w -> w.put("lfm2.attention.head_count_kv", new GgufValue.Whole(2))),
        "a list with one number for each layer");
    assertFails(
        write(
            TinyModels.denseConfig(50),
            w -> w.put("lfm2.attention.head_count_kv", new GgufValue.Wholes(List.of(2)))),
        "4 entries, one for each layer");
    assertFails(
        write(
            TinyModels.denseConfig(50),
            w ->
                w.add(
                    "blk.1.attn_k.weight", List.of(16, 64), DType.F32, GgufCheckpointTest::zeros)),
        "tensor blk.1.attn_k.weight: expected [32, 64], found [16, 64]");
    assertFails(
        write(TinyModels.denseConfig(50), w -> w.put("split.count", new GgufValue.Whole(2))),
        "the first of 2 parts");
  }

  private static void assertFails(Path file, String message) {
    assertThatThrownBy(() -> GgufCheckpoint.open(file).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }
}

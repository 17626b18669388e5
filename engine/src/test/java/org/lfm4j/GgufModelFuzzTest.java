package org.lfm4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.SamplingDefaults;
import org.lfm4j.checkpoint.gguf.GgufMix;
import org.lfm4j.text.TextException;
import org.lfm4j.text.Tokenizer;

/** The demo model's tokenizer, template and settings in a damaged .gguf file. */
class GgufModelFuzzTest {
  private static final Path DEMO =
      Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo");

  /** Where the metadata is; then come the names of tensors. */
  private static final int METADATA = 130_000;

  private static Path file = Path.of("");
  private static byte[] sound = {};

  @BeforeContainer
  static void makeFile() throws IOException {
    file = Files.createTempFile("fuzz", ".gguf");
    ModelQuantiser.quantise(DEMO, GgufMix.Q4_0, file);
    sound = Files.readAllBytes(file);
  }

  @AfterContainer
  static void removeFile() throws IOException {
    Files.delete(file);
  }

  @Property(tries = 200)
  void damagedMetadataIsSoundOrRefused(@ForAll long seed, @ForAll @Size(max = 12) byte[] bytes) {
    byte[] damaged = sound.clone();
    System.arraycopy(bytes, 0, damaged, new Random(seed).nextInt(METADATA), bytes.length);
    write(damaged);
    try {
      ModelFiles files = ModelFiles.open(file);
      try {
        Tokenizer tokenizer = files.tokenizer();
        assertThat(files.template(tokenizer).source()).isNotEmpty();
        assertThat(files.generationConfig(SamplingDefaults.OF_MODEL).eosTokenIds()).isNotEmpty();
        assertThat(tokenizer.encode("What is 37 + 48?", true)).isNotEmpty();
      } finally {
        files.checkpoint().close();
      }
    } catch (CheckpointException | TextException e) {
      assertThat(e).message().isNotEmpty();
    }
  }

  private static void write(byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

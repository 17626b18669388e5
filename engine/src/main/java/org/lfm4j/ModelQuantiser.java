package org.lfm4j;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.OptionalInt;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.GenerationConfigReader;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.checkpoint.SamplingDefaults;
import org.lfm4j.checkpoint.gguf.GgufConverter;
import org.lfm4j.checkpoint.gguf.GgufMix;
import org.lfm4j.checkpoint.gguf.GgufValue;
import org.lfm4j.checkpoint.gguf.GgufWriter;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.text.ChatTemplate;
import org.lfm4j.text.Tokenizer;
import org.lfm4j.text.TokenizerParts;

/** Writes a model directory as one .gguf file, which lfm4j and llama.cpp load. */
public final class ModelQuantiser {
  private static final String TOKENIZER = "tokenizer.ggml.";

  private ModelQuantiser() {}

  /**
   * Writes a file.
   *
   * @param directory config.json, safetensors, tokenizer.json, chat template
   * @param file what to write; one of that name is replaced
   * @throws CheckpointException if the directory holds no usable model
   * @throws org.lfm4j.text.TextException if its tokenizer or template is unusable
   * @throws UncheckedIOException if the file can't be written
   */
  public static void quantise(Path directory, GgufMix mix, Path file) {
    if (Files.isRegularFile(directory)) {
      throw new CheckpointException(
          "%s: expected a directory with safetensors, found a file; start from the original, since quantising twice loses twice"
              .formatted(directory));
    }
    try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.open(directory)) {
      ModelConfig config = checkpoint.config();
      String name = String.valueOf(directory.toAbsolutePath().normalize().getFileName());
      GgufWriter writer = GgufConverter.convert(checkpoint, name, mix);
      addTokenizer(writer, directory, config);
      addSampling(writer, GenerationConfigReader.read(directory, SamplingDefaults.OF_MODEL));
      Path part = file.resolveSibling(file.getFileName() + ".part");
      writer.write(part);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void addTokenizer(GgufWriter writer, Path directory, ModelConfig config) {
    Path json = directory.resolve("tokenizer.json");
    TokenizerParts parts = TokenizerParts.read(json, config.vocabSize());
    writer.put(TOKENIZER + "model", new GgufValue.Text("gpt2"));
    writer.put(TOKENIZER + "pre", new GgufValue.Text(parts.preTokenizer()));
    writer.put(TOKENIZER + "tokens", new GgufValue.Texts(parts.tokens()));
    writer.put(TOKENIZER + "token_type", new GgufValue.Wholes(parts.kinds()));
    writer.put(TOKENIZER + "merges", new GgufValue.Texts(parts.merges()));
    putId(writer, "bos", parts.bos().orElse(config.bosTokenId()));
    putId(writer, "eos", config.eosTokenId());
    putId(writer, "padding", config.padTokenId());
    putFlag(writer, "bos", parts.bos());
    putFlag(writer, "eos", parts.eos());
    ChatTemplate template = ChatTemplate.load(directory, Tokenizer.load(json));
    writer.put("tokenizer.chat_template", new GgufValue.Text(template.source()));
  }

  private static void putId(GgufWriter writer, String name, int id) {
    writer.put(TOKENIZER + name + "_token_id", new GgufValue.Whole(id));
  }

  private static void putFlag(GgufWriter writer, String name, OptionalInt id) {
    writer.put(TOKENIZER + "add_" + name + "_token", new GgufValue.Truth(id.isPresent()));
  }

  private static void addSampling(GgufWriter writer, GenerationConfig generation) {
    SamplingParams sampling = generation.sampling();
    putNumber(writer, "temp", sampling.temperature());
    writer.put("general.sampling.top_k", new GgufValue.Whole(sampling.topK()));
    putNumber(writer, "top_p", sampling.topP());
    putNumber(writer, "min_p", sampling.minP());
    putNumber(writer, "penalty_repeat", sampling.repetitionPenalty());
  }

  private static void putNumber(GgufWriter writer, String name, double value) {
    writer.put("general.sampling." + name, new GgufValue.Real((float) value));
  }
}

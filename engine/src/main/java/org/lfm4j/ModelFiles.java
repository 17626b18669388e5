package org.lfm4j;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.DummyCheckpoint;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.GenerationConfigReader;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.checkpoint.SamplingDefaults;
import org.lfm4j.text.ChatTemplate;
import org.lfm4j.text.Tokenizer;

/** All that makes a model, whatever format it lies in. */
interface ModelFiles {

  /** Returns the weights, which the caller closes. */
  Checkpoint checkpoint();

  /** Returns the defaults of requests. */
  GenerationConfig generationConfig(SamplingDefaults defaults);

  /** Reads the tokenizer. */
  Tokenizer tokenizer();

  /** Reads the chat template. */
  ChatTemplate template(Tokenizer tokenizer);

  /**
   * Opens a model directory, a .gguf file, or a directory that holds one such file.
   *
   * @throws CheckpointException if it is none of these or is damaged
   */
  static ModelFiles open(Path path) {
    if (Files.isRegularFile(path) && path.toString().endsWith(".gguf")) {
      return GgufModel.open(path);
    }
    if (Files.isDirectory(path) && !Files.exists(path.resolve("config.json"))) {
      List<Path> files = ggufFiles(path);
      if (files.size() == 1) {
        return GgufModel.open(files.getFirst());
      }
      if (!files.isEmpty()) {
        throw new CheckpointException(
            "%s: there are several models here; give one of the files, such as %s"
                .formatted(path, files.getFirst()));
      }
    }
    return new DirectoryModel(path, SafetensorsCheckpoint.open(path));
  }

  /** Takes all but the weights, which are random in another shape, from a model directory. */
  static ModelFiles withDummyWeights(Path directory, ModelConfig config) {
    return new DirectoryModel(directory, new DummyCheckpoint(config));
  }

  private static List<Path> ggufFiles(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".gguf")).sorted().toList();
    } catch (IOException e) {
      throw new CheckpointException("%s: can't be listed: %s".formatted(directory, e), e);
    }
  }

  /**
   * A directory as it is published: config.json, safetensors, tokenizer.json, chat template.
   *
   * @param directory where they are
   * @param checkpoint its weights
   */
  record DirectoryModel(Path directory, Checkpoint checkpoint) implements ModelFiles {
    @Override
    public GenerationConfig generationConfig(SamplingDefaults defaults) {
      return GenerationConfigReader.read(directory, defaults);
    }

    @Override
    public Tokenizer tokenizer() {
      return Tokenizer.load(directory.resolve("tokenizer.json"));
    }

    @Override
    public ChatTemplate template(Tokenizer tokenizer) {
      return ChatTemplate.load(directory, tokenizer);
    }
  }
}

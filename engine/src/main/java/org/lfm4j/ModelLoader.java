package org.lfm4j;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.GenerationConfigReader;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.cpu.VectorRunner;
import org.lfm4j.engine.Engine;
import org.lfm4j.runner.Runner;
import org.lfm4j.text.ChatTemplate;
import org.lfm4j.text.Tokenizer;

/** Puts a model together from its directory, saying on the way what it does. */
final class ModelLoader {
  private final Path directory;
  private final LoadOptions options;
  private final Consumer<String> progress;

  ModelLoader(Path directory, LoadOptions options, Consumer<String> progress) {
    this.directory = directory;
    this.options = options;
    this.progress = progress;
  }

  LanguageModel load() {
    progress.accept("mapping the weights");
    Checkpoint checkpoint = SafetensorsCheckpoint.open(directory);
    try {
      return load(checkpoint);
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  private LanguageModel load(Checkpoint checkpoint) {
    int maxModelLength = maxModelLength(checkpoint.config());
    GenerationConfig generationConfig = GenerationConfigReader.read(directory);
    progress.accept("reading the tokenizer");
    Tokenizer tokenizer = Tokenizer.load(directory.resolve("tokenizer.json"));
    ChatTemplate template = ChatTemplate.load(directory, tokenizer);
    progress.accept("preparing the runner");
    Runner runner = new VectorRunner(checkpoint, threads());
    return new LoadedModel(
        checkpoint, generationConfig, tokenizer, template, new Engine(runner), maxModelLength);
  }

  private int threads() {
    return options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
  }

  private int maxModelLength(ModelConfig config) {
    int longest = config.maxPositionEmbeddings();
    int asked = options.maxModelLength().orElse(longest);
    if (asked < 1 || asked > longest) {
      throw new IllegalArgumentException(
          "max_model_len must be in [1, %d] for this model, got %d".formatted(longest, asked));
    }
    return asked;
  }
}

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
import org.lfm4j.engine.EngineConfig;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.text.ChatTemplate;
import org.lfm4j.text.Tokenizer;

/** Puts a model together from its directory, saying on the way what it does. */
final class ModelLoader {
  private static final long MOST_DEFAULT_CACHE = 512L << 20;

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
    GenerationConfig generationConfig =
        GenerationConfigReader.read(directory, options.samplingDefaults());
    progress.accept("reading the tokenizer");
    Tokenizer tokenizer = Tokenizer.load(directory.resolve("tokenizer.json"));
    ChatTemplate template = ChatTemplate.load(directory, tokenizer);
    progress.accept("preparing the runner");
    Runner runner = new VectorRunner(checkpoint, threads());
    try {
      MemoryPlan plan = plan(checkpoint.config(), runner);
      progress.accept("taking memory for %,d cached tokens".formatted(plan.cacheTokens()));
      Engine engine = new Engine(runner, engineConfig(plan));
      return new LoadedModel(
          checkpoint, generationConfig, tokenizer, template, engine, plan, options.priorities());
    } catch (RuntimeException e) {
      runner.close();
      throw e;
    }
  }

  private int threads() {
    return options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
  }

  private MemoryPlan plan(ModelConfig config, Runner runner) {
    int longest = config.maxPositionEmbeddings();
    int asked = options.maxModelLength().orElse(longest);
    if (asked < 1 || asked > longest) {
      throw new IllegalArgumentException(
          "max_model_len must be in [1, %d] for this model, got %d".formatted(longest, asked));
    }
    CacheSpec spec = runner.cacheSpec();
    long cacheBytes =
        options
            .cacheBytes()
            .orElse(Math.min(Runtime.getRuntime().maxMemory() / 4, MOST_DEFAULT_CACHE));
    long fits = cacheBytes / spec.pageBytes() * spec.pageTokens();
    int length = options.maxModelLength().isPresent() ? asked : (int) Math.min(asked, fits);
    int logitRows = options.maxSequences() + Engine.PROMPT_LOGIT_ROWS;
    long logitBytes = 4L * logitRows * config.vocabSize();
    return MemoryPlan.fit(
        2 * config.parameterCount(),
        runner.workspaceBytes(options.maxBatchedTokens(), logitRows) + logitBytes,
        spec,
        cacheBytes,
        length);
  }

  private EngineConfig engineConfig(MemoryPlan plan) {
    return new EngineConfig(
        plan.pages(),
        options.maxBatchedTokens(),
        options.maxSequences(),
        options.maxWaiting(),
        options.prefixCaching(),
        options.priorities());
  }
}

package org.lfm4j;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cpu.VectorRunner;
import org.lfm4j.engine.Engine;
import org.lfm4j.engine.EngineConfig;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.text.ChatTemplate;
import org.lfm4j.text.Tokenizer;

/** Puts a model together from its files, saying on the way what it does. */
final class ModelLoader {
  private static final long MOST_DEFAULT_CACHE = 512L << 20;

  private final Path path;
  private final LoadOptions options;
  private final Consumer<String> progress;

  ModelLoader(Path path, LoadOptions options, Consumer<String> progress) {
    this.path = path;
    this.options = options;
    this.progress = progress;
  }

  LanguageModel load() {
    progress.accept("mapping the weights");
    ModelFiles files = ModelFiles.open(path);
    try {
      return load(files);
    } catch (RuntimeException e) {
      files.checkpoint().close();
      throw e;
    }
  }

  private LanguageModel load(ModelFiles files) {
    Checkpoint checkpoint = files.checkpoint();
    GenerationConfig generationConfig = files.generationConfig(options.samplingDefaults());
    progress.accept("reading the tokenizer");
    Tokenizer tokenizer = files.tokenizer();
    ChatTemplate template = files.template(tokenizer);
    progress.accept("preparing the runner");
    Runner runner = new VectorRunner(checkpoint, threads());
    try {
      MemoryPlan plan = plan(checkpoint, runner);
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

  private MemoryPlan plan(Checkpoint checkpoint, Runner runner) {
    ModelConfig config = checkpoint.config();
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
    long logitBytes = 4L * (options.maxSequences() + Engine.PROMPT_LOGIT_ROWS) * config.vocabSize();
    return MemoryPlan.fit(
        checkpoint.weightBytes(), runner.workspaceBytes() + logitBytes, spec, cacheBytes, length);
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

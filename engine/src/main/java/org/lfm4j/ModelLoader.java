package org.lfm4j;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
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
  private static final int CPU_BATCHED_TOKENS = 512;

  private final Path path;
  private final LoadOptions options;
  private final Consumer<String> progress;

  ModelLoader(Path path, LoadOptions options, Consumer<String> progress) {
    this.path = path;
    this.options = options;
    this.progress = progress;
  }

  LanguageModel load() {
    // A GPU belongs to a platform thread, and virtual ones move between them.
    return Thread.currentThread().isVirtual() ? onPlatformThread(this::loadHere) : loadHere();
  }

  private static LanguageModel onPlatformThread(Callable<LanguageModel> load) {
    FutureTask<LanguageModel> task = new FutureTask<>(load);
    Thread.ofPlatform().name("lfm-load").start(task);
    return await(task);
  }

  private static <T> T await(FutureTask<T> task) {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while loading");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private record TextTools(Tokenizer tokenizer, ChatTemplate template) {
    static TextTools read(ModelFiles files) {
      Tokenizer tokenizer = files.tokenizer();
      return new TextTools(tokenizer, files.template(tokenizer));
    }
  }

  private LanguageModel loadHere() {
    progress.accept("mapping the weights");
    ModelFiles files =
        options
            .dummyWeights()
            .map(config -> ModelFiles.withDummyWeights(path, config))
            .orElseGet(() -> ModelFiles.open(path));
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
    requireLength(checkpoint.config());
    // The tokenizer has a hundred thousand texts: they are read while weights are prepared.
    FutureTask<TextTools> text = new FutureTask<>(() -> TextTools.read(files));
    Thread.ofPlatform().daemon().name("lfm-tokenizer").start(text);
    progress.accept("reading the tokenizer, preparing the runner");
    CudaLoader gpu = new CudaLoader(options, progress);
    PlannedRunner planned = gpu.load(checkpoint).orElseGet(() -> onCpu(checkpoint, gpu.reason()));
    try {
      MemoryPlan plan = planned.plan();
      progress.accept("taking memory for %,d cached tokens".formatted(plan.cacheTokens()));
      TextTools tools = await(text);
      Engine engine = new Engine(planned.runner(), engineConfig(planned));
      return new LoadedModel(
          checkpoint,
          generationConfig,
          tools.tokenizer(),
          tools.template(),
          engine,
          plan,
          options.priorities(),
          planned.device());
    } catch (RuntimeException e) {
      planned.runner().close();
      throw e;
    }
  }

  private PlannedRunner onCpu(Checkpoint checkpoint, Optional<String> noGpu) {
    if (!VectorRunner.hasKernels()) {
      throw new IllegalArgumentException(
          "there are no kernels in C for this processor, so the Vector API is needed:"
              + " start Java with --add-modules jdk.incubator.vector");
    }
    Runner runner = new VectorRunner(checkpoint, threads());
    try {
      int tokens =
          options.maxBatchedTokens() == 0
              ? Math.max(CPU_BATCHED_TOKENS, options.maxSequences())
              : options.maxBatchedTokens();
      MemoryPlan plan = plan(checkpoint, runner, tokens);
      return new PlannedRunner(runner, plan, tokens, noGpu.map(why -> "CPU: " + why).orElse("CPU"));
    } catch (RuntimeException e) {
      runner.close();
      throw e;
    }
  }

  private int threads() {
    return options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
  }

  private void requireLength(ModelConfig config) {
    int longest = config.maxPositionEmbeddings();
    int asked = options.maxModelLength().orElse(longest);
    if (asked < 1 || asked > longest) {
      throw new IllegalArgumentException(
          "max_model_len must be in [1, %d] for this model, got %d".formatted(longest, asked));
    }
  }

  private MemoryPlan plan(Checkpoint checkpoint, Runner runner, int batchedTokens) {
    ModelConfig config = checkpoint.config();
    int asked = options.maxModelLength().orElse(config.maxPositionEmbeddings());
    CacheSpec spec = runner.cacheSpec();
    long cacheBytes =
        options
            .cacheBytes()
            .orElse(Math.min(Runtime.getRuntime().maxMemory() / 4, MOST_DEFAULT_CACHE));
    // Pages are taken when they are used: too many of them would be noticed in the midst of
    // answers.
    if (cacheBytes > Runtime.getRuntime().maxMemory()) {
      throw new IllegalArgumentException(
          "%,d bytes for cached tokens are more than Java's heap has, %,d: ask for fewer, or give it more with JAVA_TOOL_OPTIONS=-Xmx..."
              .formatted(cacheBytes, Runtime.getRuntime().maxMemory()));
    }
    long fits = cacheBytes / spec.pageBytes() * spec.pageTokens();
    int length = options.maxModelLength().isPresent() ? asked : (int) Math.min(asked, fits);
    int logitRows = options.maxSequences() + Engine.PROMPT_LOGIT_ROWS;
    long logitBytes = 4L * logitRows * config.vocabSize();
    return MemoryPlan.fit(
        checkpoint.weightBytes(),
        runner.workspaceBytes(batchedTokens, logitRows) + logitBytes,
        spec,
        cacheBytes,
        length);
  }

  private EngineConfig engineConfig(PlannedRunner planned) {
    return new EngineConfig(
        planned.plan().pages(),
        planned.maxBatchedTokens(),
        options.maxSequences(),
        options.maxWaiting(),
        options.prefixCaching(),
        options.priorities());
  }
}

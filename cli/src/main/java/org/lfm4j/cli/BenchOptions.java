package org.lfm4j.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What every benchmark takes. */
final class BenchOptions {
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private EngineOptions engine = new EngineOptions();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Draws other prompts and lengths. Default: 0.")
  private long seed;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      defaultValue = "",
      description = "Writes everything measured to a file; - prints it instead of the table.")
  private String json = "";

  String modelName() {
    return model.name();
  }

  long seed() {
    return seed;
  }

  String json() {
    return json;
  }

  LoadOptions loadOptions() {
    return engine.applyTo(model.loadOptions());
  }

  LanguageModel load(ModelLoader loader) throws InterruptedException {
    return load(loader, loadOptions());
  }

  LanguageModel load(ModelLoader loader, LoadOptions options) throws InterruptedException {
    return loader.load(model.path(loader), options, progress -> {});
  }

  /** Starts a report's settings. */
  Map<String, Object> settings() {
    LoadOptions options = loadOptions();
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("seed", seed);
    settings.put("threads", options.threads());
    settings.put("max_num_batched_tokens", options.maxBatchedTokens());
    settings.put("max_num_seqs", options.maxSequences());
    settings.put("enable_prefix_caching", options.prefixCaching());
    return settings;
  }
}

package org.lfm4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lfm4j.LoadOptions;
import org.lfm4j.checkpoint.SamplingDefaults;
import picocli.CommandLine.Option;

/** Which values hold where requests say nothing, in vLLM's words. */
@Section("Sampling defaults")
final class GenerationOptions {
  @Option(
      names = "--generation-config",
      paramLabel = "SOURCE",
      defaultValue = "auto",
      description =
          "Defaults of requests: auto (the model's generation_config.json), vllm (none: temperature 1 and no filters), or a directory with another generation_config.json. Default: auto.")
  private String source = "auto";

  @Option(
      names = "--override-generation-config",
      paramLabel = "JSON",
      description =
          "Values that replace some of these defaults, like {\"temperature\": 0.5, \"top_k\": 20}.")
  private @Nullable String overrides;

  /**
   * Returns load options with these defaults.
   *
   * @throws CliException if the directory has no generation_config.json
   */
  LoadOptions applyTo(LoadOptions options) {
    SamplingDefaults defaults =
        switch (source) {
          case "auto" -> SamplingDefaults.OF_MODEL;
          case "vllm" -> SamplingDefaults.NEUTRAL;
          default -> SamplingDefaults.of(directory());
        };
    return options.withSamplingDefaults(
        overrides == null ? defaults : defaults.overriddenBy(overrides));
  }

  private Path directory() {
    Path directory = Path.of(source);
    if (!Files.exists(directory.resolve("generation_config.json"))) {
      throw new CliException(
          "--generation-config %s: there is no generation_config.json in it. Give auto, vllm or a directory that has one."
              .formatted(source));
    }
    return directory;
  }
}

package org.lfm4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lfm4j.LoadOptions;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.hub.Hub;
import org.lfm4j.hub.ModelReference;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which model, and how it is loaded: the same for every command. */
@Section("Model")
final class ModelOptions {
  private static final String DEMO_NAME = "lfm2-demo";
  private static final Set<String> DTYPES = Set.of("auto", "bfloat16");

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "A model directory (config.json, safetensors, tokenizer.json), a .gguf file, or a name on the Hub that is downloaded if need be: ORG/NAME, ORG/NAME:Q4_K_M, ORG/NAME@REVISION. Default: the demo model.")
  private @Nullable String model;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "MODEL as a flag, for configuration files and variables; a MODEL without a flag wins over it.")
  private @Nullable String modelOption;

  @Option(
      names = "--max-model-len",
      paramLabel = "N",
      defaultValue = "auto",
      converter = ContextLength.class,
      description =
          "Longest prompt and answer together, like 4096 or 32k. Default: auto, what the model allows.")
  private ContextLength.Tokens maxModelLength = ContextLength.AUTO;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description = "Type of the weights in memory: auto or bfloat16.")
  private String dtype = "auto";

  @Mixin private DeviceOptions device = new DeviceOptions();

  /** Returns what was given as MODEL, or the demo model's name. */
  String name() {
    return device.shapeName().orElseGet(() -> given() ? givenModel() : DEMO_NAME);
  }

  /** Returns whether MODEL was given. */
  boolean given() {
    return model != null || modelOption != null;
  }

  private String givenModel() {
    return Objects.requireNonNull(model == null ? modelOption : model);
  }

  /**
   * Returns the model's directory or .gguf file, downloading what is missing if MODEL is a name.
   *
   * @throws CliException if it is neither on disk nor a name
   * @throws org.lfm4j.hub.HubException if it can't be downloaded
   */
  Path path(ModelLoader loader) throws InterruptedException {
    if (!given()) {
      Path demo = Path.of(System.getProperty("lfm4j.home", ""), "demo-model", DEMO_NAME);
      if (!Files.isDirectory(demo)) {
        throw new CliException(
            "The demo model is not at %s: start lfm from its own folder, or name a model directory."
                .formatted(demo.toAbsolutePath()));
      }
      return demo;
    }
    String name = givenModel();
    if (Files.exists(Path.of(name))) {
      return Path.of(name);
    }
    ModelReference reference =
        ModelReference.find(name)
            .orElseThrow(() ->
                new CliException(
                    "There is no model %s here, and it is no name on the Hub either: give a directory with config.json, safetensors and tokenizer.json, a .gguf file, or ORG/NAME."
                        .formatted(name)));
    Hub hub = loader.hub();
    try (PullProgress progress = PullProgress.of(name, hub.settings())) {
      return hub.ensure(reference, progress).model();
    }
  }

  /**
   * Returns how the model is loaded.
   *
   * @throws CliException if the type can't be served
   */
  LoadOptions loadOptions() {
    if (!DTYPES.contains(dtype)) {
      throw new CliException(
          "--dtype %s is not supported: weights are used as they are stored, in bfloat16; leave it out, or give auto or bfloat16."
              .formatted(dtype));
    }
    LoadOptions options = LoadOptions.DEFAULT.withGpu(device.gpu());
    Optional<Path> directory =
        given() ? Optional.of(Path.of(givenModel())).filter(Files::isDirectory) : Optional.empty();
    Optional<ModelConfig> dummy = device.dummyShape(directory);
    if (dummy.isPresent()) {
      options = options.withDummyWeights(dummy.get());
    }
    return maxModelLength.equals(ContextLength.AUTO)
        ? options
        : options.withMaxModelLength(maxModelLength.count());
  }
}

package org.lfm4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lfm4j.GpuOptions;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.checkpoint.PublishedModel;
import picocli.CommandLine.Option;

/** Where a model runs, and with which weights. */
@Section("Device")
final class DeviceOptions {
  private static final double BYTES_A_GIGABYTE = 1e9;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description =
          "cuda (an NVIDIA GPU), cpu, or auto: a GPU if there is one that can run the model. Default: auto.")
  private String device = "auto";

  @Option(
      names = "--gpu-memory-utilization",
      paramLabel = "SHARE",
      defaultValue = "0.9",
      description = "Share of the GPU's memory that may be used. Default: 0.9.")
  private double memoryUtilization = GpuOptions.DEFAULT.memoryUtilization();

  @Option(
      names = "--gpu-memory-gb",
      paramLabel = "GB",
      description = "Plans as if the GPU had no more than this. Default: what it has.")
  private @Nullable Double memoryGigabytes;

  @Option(
      names = "--kernels",
      paramLabel = "KIND",
      defaultValue = "auto",
      description =
          "auto: the best that the GPU can run; portable: those that every GPU since the A100 runs. Default: auto.")
  private String kernels = "auto";

  @Option(
      names = "--load-format",
      paramLabel = "FORMAT",
      defaultValue = "auto",
      description =
          "auto: the model's weights; dummy: random ones in its shape, for measurements. Default: auto.")
  private String loadFormat = "auto";

  @Option(
      names = {"--config-only", "--preset"},
      paramLabel = "DIR|NAME",
      description =
          "Random weights in the shape of a config.json or of a published model, such as LFM2-24B-A2B. MODEL gives the tokenizer.")
  private @Nullable String shape;

  /**
   * Returns what the GPU may be used for.
   *
   * @throws CliException if a value makes no sense
   */
  GpuOptions gpu() {
    if (!(memoryUtilization > 0 && memoryUtilization <= 1)) {
      throw new CliException(
          "--gpu-memory-utilization must be in (0, 1], got %s.".formatted(memoryUtilization));
    }
    if (memoryGigabytes != null && !(memoryGigabytes > 0)) {
      throw new CliException(
          "--gpu-memory-gb must be greater than 0, got %s.".formatted(memoryGigabytes));
    }
    return new GpuOptions(
        oneOf("--device", device, GpuOptions.Device.class),
        memoryUtilization,
        memoryGigabytes == null
            ? OptionalLong.empty()
            : OptionalLong.of((long) (memoryGigabytes * BYTES_A_GIGABYTE)),
        oneOf("--kernels", kernels, Kernels.class) == Kernels.PORTABLE);
  }

  private enum Kernels {
    AUTO,
    PORTABLE
  }

  private enum Format {
    AUTO,
    HF,
    SAFETENSORS,
    DUMMY
  }

  /** Returns the name of the shape that gets random weights, if one was given. */
  Optional<String> shapeName() {
    return Optional.ofNullable(shape);
  }

  /**
   * Returns the shape that gets random weights, if that is asked for.
   *
   * @param model the directory that MODEL names, which {@code --load-format dummy} needs
   * @throws CliException if there is no such shape
   */
  Optional<ModelConfig> dummyShape(Optional<Path> model) {
    boolean dummy = oneOf("--load-format", loadFormat, Format.class) == Format.DUMMY;
    if (shape == null) {
      return dummy
          ? Optional.of(
              config(
                  model.orElseThrow(() ->
                      new CliException(
                          "--load-format dummy needs a directory with config.json as MODEL; or name a shape with --config-only."))))
          : Optional.empty();
    }
    Path directory = Path.of(shape);
    if (Files.isDirectory(directory)) {
      return Optional.of(config(directory));
    }
    try {
      return Optional.of(PublishedModel.of(shape).config());
    } catch (IllegalArgumentException e) {
      throw new CliException("--config-only %s: %s.".formatted(shape, e.getMessage()));
    }
  }

  private static ModelConfig config(Path directory) {
    return ModelConfigReader.read(directory.resolve("config.json"));
  }

  private static <E extends Enum<E>> E oneOf(String option, String value, Class<E> values) {
    for (E constant : values.getEnumConstants()) {
      if (constant.name().equalsIgnoreCase(value)) {
        return constant;
      }
    }
    String known =
        Arrays.stream(values.getEnumConstants())
            .map(constant -> constant.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    throw new CliException("%s must be one of %s, got %s.".formatted(option, known, value));
  }
}

package org.lfm4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lfm4j.ModelQuantiser;
import org.lfm4j.checkpoint.gguf.GgufMix;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lfm quantize}: safetensors to a .gguf file. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = {
      "Writes a model with safetensors as one .gguf file with smaller weights, which lfm4j and llama.cpp load."
    },
    footer = {
      "",
      "Try: lfm quantize LiquidAI/LFM2-350M lfm2-350m.gguf",
      "     lfm quantize LiquidAI/LFM2-24B-A2B --type Q4_0"
    })
final class QuantizeCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelOptions model = new ModelOptions();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FILE",
      description =
          "What to write; a file of that name is replaced. Default: the model's name and the type, in this directory.")
  private @Nullable Path file;

  @Option(
      names = {"-t", "--type"},
      paramLabel = "TYPE",
      defaultValue = "Q4_K_M",
      description =
          "${COMPLETION-CANDIDATES}. Default: Q4_K_M. Of smaller weights the answers are a little worse, and they come faster.")
  private GgufMix type = GgufMix.Q4_K_M;

  QuantizeCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException {
    Path directory = model.path(loader);
    Path to = file == null ? Path.of(defaultName()) : file;
    try {
      long start = System.nanoTime();
      ModelQuantiser.quantise(directory, type, to);
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s: %,d MB, %.1f s%n",
              to,
              Files.size(to) / 1_000_000,
              (System.nanoTime() - start) * 1e-9);
      spec.commandLine().getOut().flush();
    } catch (UncheckedIOException | IOException e) {
      throw new CliException("%s can't be written: %s".formatted(to, e.getMessage()));
    }
    return 0;
  }

  /** As published files are called: the last part of the model's name, and the type. */
  private String defaultName() {
    Path name = Path.of(model.name().replaceAll("[@:].*", "")).toAbsolutePath().normalize();
    return "%s-%s.gguf".formatted(name.getFileName(), type);
  }
}

package org.lfm4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lfm4j.GpuLimits;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm bench roofline}: how near the GPU's own limits a model runs. */
@Command(
    name = "roofline",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description =
        "Measures how fast the GPU reads and multiplies, then how near to that decode and prefill come.")
final class RooflineCommand implements Callable<Integer> {
  private static final int PROMPT = 128;
  private static final int OUTPUT = 160;
  private static final int SKIPPED = 32;
  private static final int WARM_UP = 3000;

  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOptions bench = new BenchOptions();

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,8,32,128,256",
      description = "Sequences that decode at once. Default: 1,8,32,128,256.")
  private List<Integer> batches = List.of();

  @Option(
      names = "--prompts",
      paramLabel = "NxLEN",
      split = ",",
      defaultValue = "1x512,1x4096,8x4096",
      description = "Prompts sent at once and their tokens. Default: 1x512,1x4096,8x4096.")
  private List<String> prompts = List.of();

  RooflineCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    List<PromptShape> shapes = prompts.stream().map(PromptShape::parse).toList();
    int largest = 1;
    for (int batch : batches) {
      largest = Math.max(largest, Ranges.atLeast("--batch", batch, 1));
    }
    GpuLimits limits = GpuLimits.measure();
    LoadOptions options = bench.loadOptions().withPrefixCaching(false);
    if (options.maxSequences() < largest) {
      options = options.withMaxSequences(largest);
    }
    BenchReport report = new BenchReport("roofline", bench.modelName(), bench.settings());
    report.put("gpu", limits.name());
    report.put("read_bytes_per_s", limits.readBytesPerSecond());
    report.put("matrix_operations_per_s", limits.operationsPerSecond());
    report.line(
        String.format(
            Locale.ROOT,
            "%s: reads %.0f GB/s, multiplies %.0f TFLOP/s",
            limits.name(),
            limits.readBytesPerSecond() / 1e9,
            limits.operationsPerSecond() / 1e12));
    report.line(
        String.format(
            Locale.ROOT, "%-16s %12s %12s %8s", bench.modelName(), "tokens/s", "limit", "share"));
    try (LanguageModel model = bench.load(loader, options)) {
      SpeedBench speed = new SpeedBench(model, bench.seed());
      Limits limit = new Limits(model.config(), limits);
      speed.warmUp(WARM_UP);
      List<Map<String, Object>> lines = new ArrayList<>();
      for (int batch : batches) {
        double rate = DecodeCommand.rate(speed.run(batch, PROMPT, OUTPUT), SKIPPED, OUTPUT);
        lines.add(line(report, "decode " + batch, rate, limit.decode(batch)));
      }
      for (PromptShape shape : shapes) {
        speed.run(shape.count(), shape.tokens(), 1);
        double rate = shape.rate(speed.run(shape.count(), shape.tokens(), 1));
        lines.add(line(report, "prefill " + shape, rate, limit.prefill()));
      }
      report.put("results", lines);
    }
    report.print(spec.commandLine().getOut(), bench.json());
    return 0;
  }

  private static Map<String, Object> line(
      BenchReport report, String name, double rate, double limit) {
    report.line(
        String.format(Locale.ROOT, "%-16s %12.1f %12.1f %8.2f", name, rate, limit, rate / limit));
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("name", name);
    line.put("tokens_per_s", rate);
    line.put("limit_tokens_per_s", limit);
    return line;
  }

  /** What a model could do if reading its weights, or multiplying by them, were all. */
  private record Limits(ModelConfig config, GpuLimits gpu) {
    /** Each step reads every weight that any of its tokens uses, once. */
    double decode(int batch) {
      double bytes = 2.0 * config.activeParameterCount();
      if (config.moe().isPresent()) {
        MoeConfig moe = config.moe().get();
        int experts = moe.numExperts();
        int used = moe.numExpertsPerToken();
        double distinct = experts * (1 - Math.pow(1 - (double) used / experts, batch));
        int layers = config.layers().size() - moe.numDenseLayers();
        bytes +=
            2.0 * layers * (distinct - used) * 3 * config.hiddenSize() * moe.intermediateSize();
      }
      return batch * gpu.readBytesPerSecond() / bytes;
    }

    /** Each token is multiplied by every weight it uses; the embedding is only looked up. */
    double prefill() {
      double weights =
          config.activeParameterCount() - (double) config.vocabSize() * config.hiddenSize();
      return gpu.operationsPerSecond() / (2 * weights);
    }
  }
}

package org.lfm4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lfm4j.LanguageModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm bench prefill}: prompt tokens per second, to the first token of each answer. */
@Command(
    name = "prefill",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Prompt tokens per second, from sending prompts to the last first token.")
final class PrefillCommand implements Callable<Integer> {
  private static final int WARM_UPS = 3;

  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOptions bench = new BenchOptions();

  @Option(
      names = "--prompts",
      paramLabel = "NxLEN",
      split = ",",
      defaultValue = "1x512,1x4096",
      description = "Prompts sent at once and their tokens. Default: 1x512,1x4096.")
  private List<String> prompts = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Measurements of each line, of which the median counts. Default: 5.")
  private int rounds;

  PrefillCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    Ranges.atLeast("--rounds", rounds, 1);
    List<PromptShape> shapes = prompts.stream().map(PromptShape::parse).toList();
    BenchReport report = new BenchReport("prefill", bench.modelName(), bench.settings());
    try (LanguageModel model = bench.load(loader, bench.loadOptions().withPrefixCaching(false))) {
      SpeedBench speed = new SpeedBench(model, bench.seed());
      report.line(bench.modelName());
      report.line(String.format(Locale.ROOT, "%12s %12s %12s", "prompts", "tokens/s", "ms"));
      List<Map<String, Object>> lines = new ArrayList<>();
      for (PromptShape shape : shapes) {
        lines.add(measure(speed, shape, report));
      }
      report.put("results", lines);
    }
    report.print(spec.commandLine().getOut(), bench.json());
    return 0;
  }

  private Map<String, Object> measure(SpeedBench speed, PromptShape shape, BenchReport report)
      throws InterruptedException {
    for (int i = 0; i < WARM_UPS; i++) {
      speed.run(shape.count(), shape.tokens(), 1);
    }
    double[] rates = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      rates[i] = shape.rate(speed.run(shape.count(), shape.tokens(), 1));
    }
    double rate = Percentiles.median(rates);
    double millis = 1e3 * shape.count() * shape.tokens() / rate;
    report.line(String.format(Locale.ROOT, "%12s %12.0f %12.2f", shape, rate, millis));
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("prompts", shape.toString());
    line.put("tokens_per_s", rate);
    line.put("rounds", rates);
    return line;
  }
}

package org.lfm4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.TokenTimes;
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

  private record Shape(int count, int tokens) {
    static Shape parse(String text) {
      String[] parts = text.split("x", -1);
      try {
        if (parts.length == 2) {
          return new Shape(
              Ranges.atLeast("--prompts", Integer.parseInt(parts[0]), 1),
              Ranges.atLeast("--prompts", Integer.parseInt(parts[1]), 1));
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new CliException("--prompts must be like 1x512,8x4096, got %s.".formatted(text));
    }
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    Ranges.atLeast("--rounds", rounds, 1);
    List<Shape> shapes = prompts.stream().map(Shape::parse).toList();
    BenchReport report = new BenchReport("prefill", bench.modelName(), bench.settings());
    try (LanguageModel model = bench.load(loader, bench.loadOptions().withPrefixCaching(false))) {
      SpeedBench speed = new SpeedBench(model, bench.seed());
      report.line(bench.modelName());
      report.line(String.format(Locale.ROOT, "%12s %12s %12s", "prompts", "tokens/s", "ms"));
      List<Map<String, Object>> lines = new ArrayList<>();
      for (Shape shape : shapes) {
        lines.add(measure(speed, shape, report));
      }
      report.put("results", lines);
    }
    report.print(spec.commandLine().getOut(), bench.json());
    return 0;
  }

  private Map<String, Object> measure(SpeedBench speed, Shape shape, BenchReport report)
      throws InterruptedException {
    speed.run(shape.count, shape.tokens, 1);
    double[] seconds = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      List<TokenTimes> times = speed.run(shape.count, shape.tokens, 1);
      long from = times.stream().mapToLong(TokenTimes::submittedNanos).min().orElseThrow();
      long to = times.stream().mapToLong(t -> t.tokenNanos(0)).max().orElseThrow();
      seconds[i] = (to - from) / 1e9;
    }
    double median = Percentiles.median(seconds);
    double rate = shape.count * (double) shape.tokens / median;
    String name = "%dx%d".formatted(shape.count, shape.tokens);
    report.line(String.format(Locale.ROOT, "%12s %12.0f %12.2f", name, rate, 1e3 * median));
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("prompts", name);
    line.put("tokens_per_s", rate);
    line.put("seconds", seconds);
    return line;
  }
}

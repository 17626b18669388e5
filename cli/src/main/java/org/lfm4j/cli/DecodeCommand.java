package org.lfm4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.engine.TokenTimes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm bench decode}: tokens per second of sequences that all decode at once. */
@Command(
    name = "decode",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Tokens per second while a fixed number of sequences decode, engine included.")
final class DecodeCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOptions bench = new BenchOptions();

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,8,32",
      description =
          "Sequences that decode at once; several numbers make several lines. Default: 1,8,32.")
  private List<Integer> batches = List.of();

  @Option(
      names = "--input-len",
      paramLabel = "N",
      defaultValue = "128",
      description = "Tokens of each prompt. Default: 128.")
  private int inputLength;

  @Option(
      names = "--output-len",
      paramLabel = "N",
      defaultValue = "288",
      description = "Tokens of each answer. Default: 288.")
  private int outputLength;

  @Option(
      names = "--skip",
      paramLabel = "N",
      defaultValue = "32",
      description = "Tokens of each answer before the clock starts. Default: 32.")
  private int skipped;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Measurements of each line, of which the median counts. Default: 3.")
  private int rounds;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "3000",
      description =
          "Tokens that one sequence decodes before, unmeasured, so that the JVM has compiled what a step needs. Default: 3000.")
  private int warmup;

  DecodeCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    Ranges.atLeast("--input-len", inputLength, 1);
    Ranges.atLeast("--skip", skipped, 1);
    Ranges.atLeast("--output-len", outputLength, skipped + 2);
    Ranges.atLeast("--rounds", rounds, 1);
    Ranges.atLeast("--warmup", warmup, 0);
    int largest = 1;
    for (int batch : batches) {
      largest = Math.max(largest, Ranges.atLeast("--batch", batch, 1));
    }
    LoadOptions options = bench.loadOptions().withPrefixCaching(false);
    if (options.maxSequences() < largest) {
      options = options.withMaxSequences(largest);
    }
    BenchReport report = new BenchReport("decode", bench.modelName(), settings());
    try (LanguageModel model = bench.load(loader, options)) {
      SpeedBench speed = new SpeedBench(model, bench.seed());
      speed.warmUp(warmup);
      report.line(
          String.format(
              Locale.ROOT,
              "%s, prompts of %d, tokens %d to %d",
              bench.modelName(),
              inputLength,
              skipped + 1,
              outputLength));
      report.line(
          String.format(
              Locale.ROOT,
              "%9s %12s %14s %16s",
              "sequences",
              "tokens/s",
              "ms a step",
              "experts a layer"));
      List<Map<String, Object>> lines = new ArrayList<>();
      for (int batch : batches) {
        lines.add(measure(model, speed, batch, report));
      }
      report.put("results", lines);
    }
    report.print(spec.commandLine().getOut(), bench.json());
    return 0;
  }

  private Map<String, Object> measure(
      LanguageModel model, SpeedBench speed, int batch, BenchReport report)
      throws InterruptedException {
    double[] rates = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      rates[i] = rate(speed.run(batch, inputLength, outputLength), skipped, outputLength);
    }
    double median = Percentiles.median(rates);
    double experts = model.stats().expertsPerLayer();
    report.line(
        String.format(
            Locale.ROOT, "%9d %12.1f %14.3f %16.1f", batch, median, 1e3 * batch / median, experts));
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("sequences", batch);
    line.put("tokens_per_s", median);
    line.put("rounds", rates);
    line.put("experts_per_layer", experts);
    return line;
  }

  /**
   * Returns tokens per second of all sequences. Counts what comes while all sequences decode: none
   * is still in its prompt, none has ended.
   */
  static double rate(List<TokenTimes> times, int skipped, int outputLength) {
    long from = times.stream().mapToLong(t -> t.tokenNanos(skipped - 1)).max().orElseThrow();
    long to = times.stream().mapToLong(t -> t.tokenNanos(outputLength - 1)).min().orElseThrow();
    long tokens = 0;
    for (TokenTimes sequence : times) {
      for (int i = 0; i < outputLength; i++) {
        long at = sequence.tokenNanos(i);
        if (at > from && at <= to) {
          tokens++;
        }
      }
    }
    return tokens / ((to - from) / 1e9);
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = bench.settings();
    settings.put("input_len", inputLength);
    settings.put("output_len", outputLength);
    settings.put("skip", skipped);
    settings.put("warmup", warmup);
    return settings;
  }
}

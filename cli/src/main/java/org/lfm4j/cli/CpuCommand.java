package org.lfm4j.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lfm4j.CpuBenchmark;
import org.lfm4j.checkpoint.ModelConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm bench cpu}: the arithmetic alone, in the shape of llama-bench's table. */
@Command(
    name = "cpu",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = {
      "Prefill and decode of one sequence, without scheduling and sampling, as llama-bench measures them: mean and standard deviation of tokens per second."
    })
final class CpuCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads. Default: one for each processor.")
  private int threads;

  @Option(
      names = {"-p", "--n-prompt"},
      paramLabel = "N",
      defaultValue = "512",
      description = "Tokens of the prompt; 0 leaves the test out. Default: 512.")
  private int prompt;

  @Option(
      names = {"-n", "--n-gen"},
      paramLabel = "N",
      defaultValue = "128",
      description = "Tokens to decode; 0 leaves the test out. Default: 128.")
  private int generated;

  @Option(
      names = {"-r", "--repetitions"},
      paramLabel = "N",
      defaultValue = "5",
      description = "How often each test is measured. Default: 5.")
  private int repetitions;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "2",
      description = "How often each test runs before, unmeasured. Default: 2.")
  private int warmup;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      defaultValue = "",
      description = "Writes everything measured to a file; - prints it instead of the table.")
  private String json = "";

  CpuCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Ranges.atLeast("--threads", threads, 0);
    Ranges.atLeast("--n-prompt", prompt, 0);
    Ranges.atLeast("--n-gen", generated, 0);
    Ranges.atLeast("--repetitions", repetitions, 1);
    Ranges.atLeast("--warmup", warmup, 0);
    int used = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    BenchReport report = new BenchReport("cpu", model.name(), settings(used));
    int longest = Math.max(1, Math.max(prompt, generated));
    try (CpuBenchmark benchmark = new CpuBenchmark(model.path(loader), used, longest)) {
      ModelConfig config = benchmark.config();
      report.line(
          String.format(
              Locale.ROOT,
              "%s: %s, %.2f B parameters, %.2f GiB",
              model.name(),
              config.modelType(),
              config.parameterCount() * 1e-9,
              benchmark.weightBytes() / (double) (1 << 30)));
      report.line("| threads | test | tok/s |");
      report.line("|---|---|---|");
      if (prompt > 0) {
        benchmark.prefill(prompt, warmup);
        add(report, used, "pp" + prompt, benchmark.prefill(prompt, repetitions));
      }
      if (generated > 0) {
        benchmark.decode(generated, warmup);
        add(report, used, "tg" + generated, benchmark.decode(generated, repetitions));
      }
    }
    report.print(spec.commandLine().getOut(), json);
    return 0;
  }

  private static void add(BenchReport report, int threads, String test, CpuBenchmark.Rates rates) {
    report.line(
        String.format(
            Locale.ROOT,
            "| %d | %s | %.2f ± %.2f |",
            threads,
            test,
            rates.mean(),
            rates.deviation()));
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("mean", rates.mean());
    values.put("deviation", rates.deviation());
    values.put("tokens_per_s", rates.rates());
    report.put(test, values);
  }

  private Map<String, Object> settings(int used) {
    Map<String, Object> settings = new LinkedHashMap<>();
    List.of(Map.entry("threads", used), Map.entry("repetitions", repetitions))
        .forEach(entry -> settings.put(entry.getKey(), entry.getValue()));
    settings.put("warmup", warmup);
    return settings;
  }
}

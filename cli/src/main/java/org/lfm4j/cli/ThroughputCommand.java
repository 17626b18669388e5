package org.lfm4j.cli;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.EngineStats;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm bench throughput}: many random requests, a fixed number of them in flight. */
@Command(
    name = "throughput",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Tokens per second with many requests in flight, and how long each waits.")
final class ThroughputCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOptions bench = new BenchOptions();
  @Mixin private LengthOptions lengths = new LengthOptions();

  @Option(
      names = "--num-prompts",
      paramLabel = "N",
      defaultValue = "64",
      description = "Requests that are measured. Default: 64.")
  private int prompts;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "8",
      description = "Requests in flight at once. Default: 8.")
  private int concurrency;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "-1",
      description =
          "Requests that run before, unmeasured. Default: twice the concurrency, at least 16.")
  private int warmup;

  ThroughputCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    Ranges.atLeast("--num-prompts", prompts, 1);
    Ranges.atLeast("--concurrency", concurrency, 1);
    Ranges.atLeast("--warmup", warmup, -1);
    int warmups = warmup < 0 ? Math.max(16, 2 * concurrency) : warmup;
    BenchReport report = new BenchReport("throughput", bench.modelName(), settings(warmups));
    try (LanguageModel model = bench.load(loader)) {
      RandomRequests requests = lengths.requests(model);
      // Other prompts than those measured, or the prefix cache would know these.
      ClosedLoop.run(model, requests.draw(warmups, ~bench.seed()), concurrency);
      EngineStats before = model.stats();
      ClosedLoop loop = ClosedLoop.run(model, requests.draw(prompts, bench.seed()), concurrency);
      fill(report, loop);
      report.engine(before, model.stats());
    }
    report.print(spec.commandLine().getOut(), bench.json());
    return 0;
  }

  private Map<String, Object> settings(int warmups) {
    Map<String, Object> settings = bench.settings();
    lengths.addTo(settings);
    settings.put("num_prompts", prompts);
    settings.put("concurrency", concurrency);
    settings.put("warmup", warmups);
    return settings;
  }

  private void fill(BenchReport report, ClosedLoop loop) {
    List<RequestTimes> requests = loop.requests();
    double output = loop.outputTokens() / loop.seconds();
    double total = (loop.inputTokens() + loop.outputTokens()) / loop.seconds();
    report.put("duration_s", loop.seconds());
    report.put("requests", requests.size());
    report.put("input_tokens", loop.inputTokens());
    report.put("output_tokens", loop.outputTokens());
    report.put("requests_per_s", requests.size() / loop.seconds());
    report.put("output_tokens_per_s", output);
    report.put("total_tokens_per_s", total);
    report.line(
        String.format(
            Locale.ROOT,
            "%s: %d requests (%s), %d in flight, %.2f s",
            bench.modelName(),
            requests.size(),
            lengths,
            concurrency,
            loop.seconds()));
    report.line(
        String.format(Locale.ROOT, "tokens per second: %.0f output, %.0f in all", output, total));
    report.percentileHeader();
    report.durations(
        "time_to_first_token", requests.stream().mapToLong(RequestTimes::firstNanos).toArray());
    report.durations(
        "time_per_output_token",
        requests.stream()
            .filter(request -> request.outputTokens() > 1)
            .mapToLong(RequestTimes::nanosPerOutputToken)
            .toArray());
    report.durations(
        "inter_token_latency",
        requests.stream().flatMapToLong(request -> Arrays.stream(request.gapNanos())).toArray());
    report.durations("end_to_end", requests.stream().mapToLong(RequestTimes::totalNanos).toArray());
  }
}

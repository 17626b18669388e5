package org.lfm4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.EngineStats;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm bench latency}: the same batch of requests again and again. */
@Command(
    name = "latency",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "How long one batch of requests takes from the first token in to the last out.")
final class LatencyCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOptions bench = new BenchOptions();
  @Mixin private LengthOptions lengths = new LengthOptions();

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "8",
      description = "Requests of the batch. Default: 8.")
  private int batchSize;

  @Option(
      names = "--num-iters",
      paramLabel = "N",
      defaultValue = "20",
      description = "How often the batch is measured. Default: 20.")
  private int iterations;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "10",
      description = "How often the batch runs before, unmeasured. Default: 10.")
  private int warmup;

  LatencyCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    Ranges.atLeast("--batch-size", batchSize, 1);
    Ranges.atLeast("--num-iters", iterations, 1);
    Ranges.atLeast("--warmup", warmup, 0);
    BenchReport report = new BenchReport("latency", bench.modelName(), settings());
    try (LanguageModel model = bench.load(loader)) {
      List<GenerationRequest> batch = lengths.requests(model).draw(batchSize, bench.seed());
      for (int i = 0; i < warmup; i++) {
        ClosedLoop.run(model, salted(batch, "warmup " + i), batchSize);
      }
      EngineStats before = model.stats();
      long[] nanos = new long[iterations];
      for (int i = 0; i < iterations; i++) {
        nanos[i] = ClosedLoop.run(model, salted(batch, "run " + i), batchSize).wallNanos();
      }
      report.line(
          String.format(
              Locale.ROOT,
              "%s: a batch of %d (%s), %d times",
              bench.modelName(),
              batchSize,
              lengths,
              iterations));
      report.percentileHeader();
      report.durations("batch_latency", nanos);
      report.engine(before, model.stats());
    }
    report.print(spec.commandLine().getOut(), bench.json());
    return 0;
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = bench.settings();
    lengths.addTo(settings);
    settings.put("batch_size", batchSize);
    settings.put("num_iters", iterations);
    settings.put("warmup", warmup);
    return settings;
  }

  /** With a salt of its own each run computes its prompts instead of finding them cached. */
  private static List<GenerationRequest> salted(List<GenerationRequest> batch, String salt) {
    return batch.stream().map(request -> request.withCacheSalt(salt)).toList();
  }
}

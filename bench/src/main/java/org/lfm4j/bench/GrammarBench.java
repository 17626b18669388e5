package org.lfm4j.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.lfm4j.ChatMessage;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.grammar.GrammarSpec;

/**
 * What grammars cost: tokens per second of many requests at once, without a grammar, with one JSON
 * schema for all, and with a schema of its own for each, which no request before had.
 */
public final class GrammarBench {
  private static final int TOKENS = 128;

  private final LanguageModel model;
  private final int requests;
  private int schemas;

  private GrammarBench(LanguageModel model, int requests) {
    this.model = model;
    this.requests = requests;
  }

  /** Takes the model's directory, and optionally how many requests at once and how many rounds. */
  public static void main(String[] args) throws Exception {
    int requests = args.length > 1 ? Integer.parseInt(args[1]) : 64;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 7;
    LoadOptions options = LoadOptions.DEFAULT.withMaxModelLength(512);
    try (LanguageModel model = LanguageModel.load(Path.of(args[0]), options)) {
      new GrammarBench(model, requests).report(rounds);
    }
  }

  private void report(int rounds) throws Exception {
    OperatingSystemMXBean process =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    double[][] rates = new double[3][rounds];
    double[][] micros = new double[3][rounds];
    for (int round = -2; round < rounds; round++) {
      for (int kind = 0; kind < rates.length; kind++) {
        long cpu = process.getProcessCpuTime();
        double rate = rate(kind);
        if (round >= 0) {
          rates[kind][round] = rate;
          micros[kind][round] =
              (process.getProcessCpuTime() - cpu) * 1e-3 / ((double) requests * TOKENS);
        }
      }
    }
    System.out.printf(
        "%d requests of %d tokens, median of %d rounds, load average %.1f%n",
        requests, TOKENS, rounds, process.getSystemLoadAverage());
    double free = median(rates[0]);
    String[] names = {"no grammar", "one schema for all", "a new schema for each"};
    for (int kind = 0; kind < rates.length; kind++) {
      double rate = median(rates[kind]);
      System.out.printf(
          "%-22s %8.0f tok/s %+6.1f %%, %.0f us of CPU a token%n",
          names[kind], rate, 100 * (rate / free - 1), median(micros[kind]));
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private double rate(int kind) throws Exception {
    int[] prompt = model.encode(List.of(ChatMessage.user("Name some people.")));
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      SamplingParams sampling = SamplingParams.builder().temperature(0.8).seed(i).build();
      GenerationRequest request = GenerationRequest.of(prompt, sampling).withMaxTokens(TOKENS);
      GenerationRequest asked =
          kind == 0 ? request.withIgnoreEos(true) : request.withGrammar(schema(kind));
      tasks.add(() -> tokens(asked));
    }
    long begun = System.nanoTime();
    long tokens = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Integer> done : threads.invokeAll(tasks)) {
        tokens += done.get();
      }
    }
    return tokens * 1e9 / (System.nanoTime() - begun);
  }

  private GrammarSpec schema(int kind) {
    String name = kind == 1 ? "name" : "name" + schemas++;
    return new GrammarSpec.JsonSchema(
        """
        {"type":"array","minItems":12,"items":{"type":"object","properties":{
          "%s":{"type":"string","maxLength":24},"age":{"type":"integer","minimum":0,"maximum":150},
          "tags":{"type":"array","items":{"enum":["red","green","blue"]},"maxItems":3}},
          "required":["%s","age","tags"]}}\
        """
            .formatted(name, name));
  }

  private int tokens(GenerationRequest request) throws InterruptedException {
    try (Generation generation = model.generate(request)) {
      generation.text();
      return generation.completionTokens();
    }
  }
}

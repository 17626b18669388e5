package org.lfm4j.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.cpu.VectorRunner;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/**
 * How long a prompt takes that has all but its last tokens in the cache: a step of so many rows
 * after a context, logits for the last one.
 *
 * <p>Usage: {@code RestoreBench DIRECTORY CONTEXT THREADS ROWS...}. Prints the median of seven for
 * each number of rows.
 */
public final class RestoreBench {
  private static final int WARM_UP = 5;
  private static final int REPETITIONS = 7;

  private final VectorRunner runner;
  private final Batch batch;
  private final StepResult result;
  private final int[] pages;
  private final int[] tokens;

  private RestoreBench(VectorRunner runner, int longest) {
    this.runner = runner;
    this.batch = new Batch(longest, 1);
    this.result = new StepResult(1, runner.config().vocabSize());
    this.pages = IntStream.range(0, runner.cacheSpec().pagesFor(longest)).toArray();
    this.tokens = new SplittableRandom(3).ints(longest, 0, runner.config().vocabSize()).toArray();
    runner.allocate(pages.length, longest, 1);
  }

  /** Runs the benchmark. */
  public static void main(String[] args) throws IOException {
    int context = Integer.parseInt(args[1]);
    int[] rows = Arrays.stream(args, 3, args.length).mapToInt(Integer::parseInt).toArray();
    int longest = context + Arrays.stream(rows).max().orElseThrow();
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(Path.of(args[0]));
        VectorRunner runner = new VectorRunner(checkpoint, Integer.parseInt(args[2]))) {
      new RestoreBench(runner, longest).report(context, rows, System.out);
    }
  }

  private void report(int context, int[] rows, PrintStream out) {
    out.printf("nothing cached: %d rows %.1f ms%n", context, milliseconds(0, context));
    for (int count : rows) {
      for (int i = 0; i < WARM_UP; i++) {
        milliseconds(context, count);
      }
      double[] times = new double[REPETITIONS];
      Arrays.setAll(times, i -> milliseconds(context, count));
      Arrays.sort(times);
      out.printf("%d cached: %d rows %.2f ms%n", context, count, times[REPETITIONS / 2]);
    }
    out.printf("nothing cached: %d rows %.1f ms%n", context, milliseconds(0, context));
  }

  private double milliseconds(int from, int count) {
    batch.clear();
    batch.addSequence(from, pages, pages.length);
    for (int i = from; i < from + count; i++) {
      batch.addRow(tokens[i], i == from + count - 1);
    }
    long start = System.nanoTime();
    runner.step(batch, result);
    return (System.nanoTime() - start) * 1e-6;
  }
}

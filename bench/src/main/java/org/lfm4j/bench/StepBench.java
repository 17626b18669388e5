package org.lfm4j.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.cpu.VectorRunner;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/**
 * What a decode step costs in the runner alone: one row for each of some sequences, logits for all.
 *
 * <p>Usage: {@code StepBench MODEL THREADS STEPS ROWS...}. Prints best and median of the last half
 * of the steps for each number of rows.
 */
public final class StepBench {
  private static final int LONGEST = 256;
  private static final int PROMPT = 64;

  private StepBench() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws IOException {
    int threads = Integer.parseInt(args[1]);
    int steps = Integer.parseInt(args[2]);
    int[] counts = Arrays.stream(args, 3, args.length).mapToInt(Integer::parseInt).toArray();
    int most = Arrays.stream(counts).max().orElseThrow();
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(Path.of(args[0]));
        VectorRunner runner = new VectorRunner(checkpoint, threads)) {
      int each = runner.cacheSpec().pagesFor(LONGEST);
      runner.allocate(each * most, Math.max(most, PROMPT), most);
      // Twice, so that the last figures are those of compiled code.
      for (int round = 0; round < 2; round++) {
        for (int rows : counts) {
          long[] nanos = measure(runner, rows, each, steps);
          System.out.printf(
              "%d rows, %d threads: best %.3f ms, median %.3f ms%n",
              rows, threads, nanos[0] / 1e6, nanos[nanos.length / 2] / 1e6);
        }
      }
    }
  }

  private static long[] measure(VectorRunner runner, int rows, int each, int steps) {
    Batch batch = new Batch(Math.max(rows, PROMPT), rows);
    StepResult result = new StepResult(rows, runner.config().vocabSize());
    SplittableRandom random = new SplittableRandom(5);
    int[][] pages = new int[rows][each];
    for (int s = 0; s < rows; s++) {
      Arrays.setAll(pages[s], page -> page);
      for (int i = 0; i < each; i++) {
        pages[s][i] = s * each + i;
      }
      batch.clear();
      batch.addSequence(0, pages[s], each);
      for (int t = 0; t < PROMPT; t++) {
        batch.addRow(random.nextInt(runner.config().vocabSize()), t == PROMPT - 1);
      }
      runner.step(batch, result);
    }
    long[] nanos = new long[steps];
    for (int step = 0; step < steps; step++) {
      batch.clear();
      for (int s = 0; s < rows; s++) {
        batch.addSequence(PROMPT + step % (LONGEST - PROMPT), pages[s], each);
        batch.addRow(random.nextInt(runner.config().vocabSize()), true);
      }
      long begun = System.nanoTime();
      runner.step(batch, result);
      nanos[step] = System.nanoTime() - begun;
    }
    long[] last = Arrays.copyOfRange(nanos, steps / 2, steps);
    Arrays.sort(last);
    return last;
  }
}

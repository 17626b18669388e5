package org.lfm4j.bench;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.cpu.VectorRunner;
import org.lfm4j.runner.SequenceState;

/**
 * Prefill and decode of the Vector API runner, measured as llama-bench does: a prompt from an empty
 * sequence, then single tokens from an empty sequence, logits for the last token each time.
 *
 * <p>Usage: {@code CpuBench SHAPE DIRECTORY PROMPT DECODE THREADS REPETITIONS}. Prints one line a
 * test, {@code pp512 185.3 tok/s, 0 bytes a token}: the mean over the repetitions, and what all
 * threads allocated meanwhile.
 */
public final class CpuBench {
  private static final int WARM_UP_ROUNDS = 3;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final VectorRunner runner;
  private final float[] logits;
  private final SplittableRandom random = new SplittableRandom(3);

  private CpuBench(VectorRunner runner) {
    this.runner = runner;
    this.logits = new float[runner.config().vocabSize()];
  }

  /** Runs the benchmark. */
  public static void main(String[] args) throws IOException {
    Path directory = Path.of(args[1]);
    int prompt = Integer.parseInt(args[2]);
    int decode = Integer.parseInt(args[3]);
    int threads = Integer.parseInt(args[4]);
    int repetitions = Integer.parseInt(args[5]);
    SyntheticModel.write(directory, args[0]);
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(directory);
        VectorRunner runner = new VectorRunner(checkpoint, threads)) {
      new CpuBench(runner).report(prompt, decode, repetitions, System.out);
    }
  }

  private void report(int prompt, int decode, int repetitions, PrintStream out) {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      prefill(prompt);
      decode(decode);
    }
    measure("pp", prompt, repetitions, () -> prefill(prompt), out);
    measure("tg", decode, repetitions, () -> decode(decode), out);
  }

  private static void measure(
      String test, int tokens, int repetitions, DoubleSupplier seconds, PrintStream out) {
    if (tokens == 0) {
      return;
    }
    double[] rates = new double[repetitions];
    long before = THREADS.getTotalThreadAllocatedBytes();
    for (int i = 0; i < repetitions; i++) {
      rates[i] = tokens / seconds.getAsDouble();
    }
    long bytes = THREADS.getTotalThreadAllocatedBytes() - before;
    out.printf(
        "%s%d %.2f tok/s, %d bytes a token%n",
        test,
        tokens,
        Arrays.stream(rates).average().orElse(0),
        bytes / ((long) tokens * repetitions));
  }

  /** Returns seconds. */
  private double prefill(int count) {
    if (count == 0) {
      return 0;
    }
    int[] tokens = random.ints(count, 0, runner.config().vocabSize()).toArray();
    try (SequenceState sequence = runner.open(count)) {
      long start = System.nanoTime();
      runner.forward(sequence, tokens, 0, count, logits);
      return (System.nanoTime() - start) * 1e-9;
    }
  }

  /** Returns seconds. */
  private double decode(int count) {
    if (count == 0) {
      return 0;
    }
    int[] tokens = random.ints(count, 0, runner.config().vocabSize()).toArray();
    try (SequenceState sequence = runner.open(count)) {
      long start = System.nanoTime();
      for (int i = 0; i < count; i++) {
        runner.forward(sequence, tokens, i, i + 1, logits);
      }
      return (System.nanoTime() - start) * 1e-9;
    }
  }
}

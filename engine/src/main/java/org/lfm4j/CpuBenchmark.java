package org.lfm4j;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cpu.VectorRunner;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/**
 * Prefill and decode of the CPU runner alone, measured as llama-bench does: a prompt from an empty
 * sequence, then single tokens from an empty sequence, random tokens, logits for the last one each
 * time.
 */
public final class CpuBenchmark implements AutoCloseable {
  private final Checkpoint checkpoint;
  private final VectorRunner runner;
  private final Batch batch;
  private final StepResult result;
  private final int[] pages;
  private final SplittableRandom random = new SplittableRandom(3);

  /**
   * Loads a model.
   *
   * @param model a model directory or a .gguf file
   * @param threads how many work on a forward pass
   * @param longest most tokens of a test
   * @throws org.lfm4j.checkpoint.CheckpointException if there is no usable model
   */
  public CpuBenchmark(Path model, int threads, int longest) {
    checkpoint = ModelFiles.open(model).checkpoint();
    runner = new VectorRunner(checkpoint, threads);
    batch = new Batch(longest, 1);
    result = new StepResult(1, runner.config().vocabSize());
    pages = IntStream.range(0, runner.cacheSpec().pagesFor(longest)).toArray();
    runner.allocate(pages.length, longest, 1);
  }

  /** Returns the model's shape. */
  public ModelConfig config() {
    return checkpoint.config();
  }

  /** Returns the bytes of the weights as they are stored. */
  public long weightBytes() {
    return checkpoint.weightBytes();
  }

  /**
   * Tokens per second of the repetitions of one test.
   *
   * @param rates one for each repetition
   */
  public record Rates(double[] rates) {
    /** Returns the mean. */
    public double mean() {
      return Arrays.stream(rates).average().orElse(0);
    }

    /** Returns the standard deviation of a sample, 0 for a single repetition. */
    public double deviation() {
      double mean = mean();
      double squares = Arrays.stream(rates).map(r -> (r - mean) * (r - mean)).sum();
      return rates.length < 2 ? 0 : Math.sqrt(squares / (rates.length - 1));
    }
  }

  /** Measures prompts of {@code tokens}. */
  public Rates prefill(int tokens, int repetitions) {
    return measure(tokens, repetitions, tokens);
  }

  /** Measures decoding {@code tokens} one by one. */
  public Rates decode(int tokens, int repetitions) {
    return measure(tokens, repetitions, 1);
  }

  private Rates measure(int tokens, int repetitions, int step) {
    double[] rates = new double[repetitions];
    for (int i = 0; i < repetitions; i++) {
      int[] text = random.ints(tokens, 0, runner.config().vocabSize()).toArray();
      long start = System.nanoTime();
      for (int from = 0; from < tokens; from += step) {
        append(text, from, from + step);
      }
      rates[i] = tokens / ((System.nanoTime() - start) * 1e-9);
    }
    return new Rates(rates);
  }

  /** Appends tokens [from, to) to the one sequence, which begins anew at 0. */
  private void append(int[] tokens, int from, int to) {
    batch.clear();
    batch.addSequence(from, pages, pages.length);
    for (int i = from; i < to; i++) {
      batch.addRow(tokens[i], i == to - 1);
    }
    runner.step(batch, result);
  }

  @Override
  public void close() {
    runner.close();
    checkpoint.close();
  }
}

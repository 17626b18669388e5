package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;
import tools.jackson.databind.json.JsonMapper;

/**
 * Logits beside those of transformers on the same GPU, for the models that {@code gpu/parity.py}
 * made in the folder LFM4J_PARITY. Without experts they are within 1e-2 of transformers in BF16.
 * With experts rounding flips the odd choice, and then two correct evaluations differ by a lot:
 * there we may not be farther from transformers in FP32, on average over prompts, than transformers
 * in BF16 is. After 40 layers two evaluations in BF16 may differ by 5e-2.
 */
@Tag("gpu")
class TransformersParityTest {
  private static final int STEP_ROWS = 8192;
  private static final double DENSE = 1e-2;
  private static final double DEEP = 5e-2;

  /** How much farther from FP32 chance may put us, with some dozens of prompts. */
  private static final double CHANCE = 1.25;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void logitsAreThoseOfTransformers(boolean portable) throws IOException {
    String root = System.getenv("LFM4J_PARITY");
    assumeTrue(root != null, "LFM4J_PARITY names no folder: run gpu/parity.py first");
    List<String> failures = new ArrayList<>();
    try (Stream<Path> models = Files.list(Path.of(root))) {
      for (Path model : models.filter(Files::isDirectory).sorted().toList()) {
        compare(model, portable, failures);
      }
    }
    assertThat(failures).isEmpty();
  }

  private static void compare(Path folder, boolean portable, List<String> failures)
      throws IOException {
    int[][] prompts =
        JsonMapper.shared().readValue(folder.resolve("prompts.json").toFile(), int[][].class);
    try (Checkpoint checkpoint = SafetensorsCheckpoint.open(folder);
        Runner runner = CudaRunnerGpuTest.open(checkpoint, portable)) {
      int vocab = checkpoint.config().vocabSize();
      FloatBuffer expected = floats(folder.resolve("logits.bin"));
      int pages = Arrays.stream(prompts).mapToInt(p -> pagesOf(p.length)).sum();
      runner.allocate(pages, STEP_ROWS, 512);
      float[][] got = run(runner, prompts, vocab);
      Optional<FloatBuffer> exact = optional(folder.resolve("exact.bin"));
      double[] errors = new double[prompts.length];
      List<Double> ours = new ArrayList<>();
      List<Double> theirs = new ArrayList<>();
      for (int i = 0; i < prompts.length; i++) {
        float[] row = row(expected, vocab);
        errors[i] = error(got[i], row);
        if (exact.isPresent()) {
          float[] right = row(exact.get(), vocab);
          if (!Float.isNaN(right[0])) {
            ours.add(error(got[i], right));
            theirs.add(error(row, right));
          }
        }
        String where = "%s, prompt of %d".formatted(folder.getFileName(), prompts[i].length);
        checkTop(got[i], row, where, failures);
      }
      double mean = Arrays.stream(errors).average().orElseThrow();
      double worst = Arrays.stream(errors).max().orElseThrow();
      String name = folder.getFileName() + (portable ? " portable" : " auto");
      System.out.printf(
          "parity %-28s %d prompts, from transformers in BF16: mean %.2e, worst %.2e; from FP32, median: %.2e, transformers in BF16 %.2e%n",
          name, prompts.length, mean, worst, median(ours), median(theirs));
      boolean routed = checkpoint.config().isMoeLayer(checkpoint.config().layers().size() - 1);
      if (!routed && worst > DENSE) {
        failures.add("%s: an error of %.2e above %.0e".formatted(name, worst, DENSE));
      }
      if (exact.isPresent() && median(ours) > CHANCE * median(theirs)) {
        failures.add(
            "%s: %.2e from FP32, transformers %.2e".formatted(name, median(ours), median(theirs)));
      }
      if (exact.isEmpty() && mean > DEEP) {
        failures.add("%s: a mean error of %.2e above %.0e".formatted(name, mean, DEEP));
      }
    }
  }

  private static double median(List<Double> values) {
    return values.isEmpty() ? 0 : values.stream().sorted().toList().get(values.size() / 2);
  }

  private static Optional<FloatBuffer> optional(Path file) throws IOException {
    return Files.exists(file) ? Optional.of(floats(file)) : Optional.empty();
  }

  private static float[] row(FloatBuffer rows, int vocab) {
    float[] row = new float[vocab];
    rows.get(row);
    return row;
  }

  /** The most likely token is the same wherever its lead exceeds the error of single logits. */
  private static void checkTop(float[] got, float[] row, String where, List<String> failures) {
    int best = argmax(row, -1);
    int second = argmax(row, best);
    double squares = 0;
    for (int i = 0; i < row.length; i++) {
      double d = (double) got[i] - row[i];
      squares += d * d;
    }
    double spread = Math.sqrt(squares / row.length);
    if (row[best] - row[second] > 6 * spread && argmax(got, -1) != best) {
      failures.add(where + ": another token is the most likely");
    }
  }

  private static int argmax(float[] row, int except) {
    int best = except == 0 ? 1 : 0;
    for (int i = 0; i < row.length; i++) {
      if (i != except && row[i] > row[best]) {
        best = i;
      }
    }
    return best;
  }

  /** Long prompts in chunks of a step, short ones all in one batch. */
  private static float[][] run(Runner runner, int[][] prompts, int vocab) {
    float[][] last = new float[prompts.length][];
    int firstPage = 0;
    Batch batch = new Batch(STEP_ROWS, 512);
    List<Integer> inBatch = new ArrayList<>();
    StepResult result = new StepResult(512, vocab);
    for (int i = 0; i < prompts.length; i++) {
      int[] prompt = prompts[i];
      int[] pages = new int[pagesOf(prompt.length)];
      for (int p = 0; p < pages.length; p++) {
        pages[p] = firstPage++;
      }
      for (int from = 0; from < prompt.length; from += STEP_ROWS) {
        int to = Math.min(prompt.length, from + STEP_ROWS);
        if (batch.rows() + to - from > STEP_ROWS) {
          finish(runner, batch, result, inBatch, last, vocab);
        }
        batch.addSequence(from, pages, pages.length);
        for (int t = from; t < to; t++) {
          batch.addRow(prompt[t], t == prompt.length - 1);
        }
        if (to == prompt.length) {
          inBatch.add(i);
        }
      }
    }
    finish(runner, batch, result, inBatch, last, vocab);
    return last;
  }

  private static void finish(
      Runner runner,
      Batch batch,
      StepResult result,
      List<Integer> inBatch,
      float[][] last,
      int vocab) {
    runner.step(batch, result);
    for (int i = 0; i < inBatch.size(); i++) {
      last[inBatch.get(i)] = Arrays.copyOfRange(result.logits(), i * vocab, (i + 1) * vocab);
    }
    inBatch.clear();
    batch.clear();
  }

  private static int pagesOf(int tokens) {
    return Math.ceilDiv(tokens, PageLayout.TOKENS);
  }

  private static FloatBuffer floats(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    assertThat(bytes.length % ValueLayout.JAVA_FLOAT.byteSize()).isZero();
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  private static double error(float[] got, float[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < got.length; i++) {
      double d = (double) got[i] - expected[i];
      difference += d * d;
      norm += (double) expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }
}

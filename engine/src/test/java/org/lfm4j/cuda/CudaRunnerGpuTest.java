package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.cpu.ReferenceRunner;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SingleSequence;
import org.lfm4j.runner.StepResult;

/** The runner on a GPU beside the reference, and what it promises about chunks and batches. */
@Tag("gpu")
class CudaRunnerGpuTest {
  private static final String MOE =
      GpuModels.MOE
          .replace("\"num_experts\": 5", "\"num_experts\": 16")
          .replace("\"num_experts_per_tok\": 3", "\"num_experts_per_tok\": 4");
  private static final int VOCAB = 500;

  /** Of a row in BF16 whose experts are the same. */
  private static final double ROUNDING = 2e-2;

  /** Four layers in BF16 from the same in FP32, whose reference has no rounding in between. */
  private static final double FROM_FP32 = 6e-2;

  private static final double MOST = 0.8;

  static CudaRunner open(Checkpoint checkpoint, boolean portable) {
    Context context = Cuda.require().device(0).open();
    return new CudaRunner(
        context,
        checkpoint.config(),
        DeviceWeights.upload(context, checkpoint, sent -> {}),
        KernelCache.ofUser(),
        portable);
  }

  private static float[] logits(Runner runner, int firstPage, int[] tokens, int chunk) {
    SingleSequence sequence = new SingleSequence(runner, firstPage, tokens.length);
    float[] logits = new float[tokens.length * VOCAB];
    for (int from = 0; from < tokens.length; from += chunk) {
      int to = Math.min(tokens.length, from + chunk);
      float[] part = new float[(to - from) * VOCAB];
      sequence.forward(tokens, from, to, part);
      System.arraycopy(part, 0, logits, from * VOCAB, part.length);
    }
    return logits;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void logitsAreThoseOfTheReference(boolean portable) {
    int[] tokens = new Random(1).ints(200, 0, VOCAB).toArray();
    try (Checkpoint checkpoint = TinyModels.inMemory(MOE, 3);
        Runner reference = new ReferenceRunner(checkpoint);
        Runner cuda = open(checkpoint, portable)) {
      reference.allocate(reference.cacheSpec().pagesFor(200), 200, 200);
      cuda.allocate(cuda.cacheSpec().pagesFor(200), 200, 200);
      float[] expected = logits(reference, 0, tokens, 200);
      float[] got = logits(cuda, 0, tokens, 200);
      assertMostRowsAgree(got, expected, FROM_FP32, "reference");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void chunksChangeNothing(boolean portable) {
    int[] tokens = new Random(2).ints(150, 0, VOCAB).toArray();
    try (Checkpoint checkpoint = TinyModels.inMemory(MOE, 3);
        Runner cuda = open(checkpoint, portable)) {
      cuda.allocate(4, 150, 150);
      float[] whole = logits(cuda, 0, tokens, 150);
      for (int chunk : new int[] {1, 2, 3, 7, 64, 65}) {
        float[] got = logits(cuda, 0, tokens, chunk);
        if (portable) {
          assertThat(Arrays.mismatch(got, whole)).as("chunks of %d", chunk).isEqualTo(-1);
        }
        assertMostRowsAgree(got, whole, ROUNDING, "chunks of " + chunk);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatElseIsInTheBatchChangesNothing(boolean portable) {
    Random random = new Random(3);
    try (Checkpoint checkpoint = TinyModels.inMemory(MOE, 3);
        Runner cuda = open(checkpoint, portable)) {
      int sequences = 40;
      cuda.allocate(3 * sequences, 2000, 150);
      int[][] prompts = new int[sequences][];
      for (int s = 0; s < sequences; s++) {
        prompts[s] = random.ints(1 + random.nextInt(150), 0, VOCAB).toArray();
      }
      // Some steps of mixed chunks, then single tokens for all.
      int[] done = new int[sequences];
      float[][] last = new float[sequences][];
      while (last[sequences - 1] == null || Arrays.stream(last).anyMatch(l -> l == null)) {
        Batch batch = new Batch(2000, sequences);
        int[] wanted = new int[sequences];
        for (int s = 0; s < sequences; s++) {
          int left = prompts[s].length - done[s];
          int rows = Math.min(left, random.nextBoolean() ? 1 : random.nextInt(50));
          if (rows > 0) {
            batch.addSequence(done[s], new int[] {3 * s, 3 * s + 1, 3 * s + 2}, 3);
            for (int r = 0; r < rows; r++) {
              boolean ends = ++done[s] == prompts[s].length;
              wanted[batch.logitCount()] = s;
              batch.addRow(prompts[s][done[s] - 1], ends);
            }
          }
        }
        StepResult result = new StepResult(sequences, VOCAB);
        cuda.step(batch, result);
        for (int i = 0; i < batch.logitCount(); i++) {
          last[wanted[i]] = Arrays.copyOfRange(result.logits(), i * VOCAB, (i + 1) * VOCAB);
        }
      }
      int agreeing = 0;
      for (int s = 0; s < sequences; s++) {
        float[] alone = logits(cuda, 0, prompts[s], prompts[s].length);
        float[] end = Arrays.copyOfRange(alone, alone.length - VOCAB, alone.length);
        agreeing += error(last[s], end) < ROUNDING ? 1 : 0;
        if (portable) {
          assertThat(last[s]).as("prompt %d", s).containsExactly(end);
        }
      }
      assertThat(agreeing).isGreaterThanOrEqualTo((int) (MOST * sequences));
    }
  }

  /** Rounding flips an expert here and there, after which a row is another one. */
  private static void assertMostRowsAgree(
      float[] got, float[] expected, double bound, String what) {
    int rows = got.length / VOCAB;
    int agreeing = 0;
    for (int row = 0; row < rows; row++) {
      double error =
          error(
              Arrays.copyOfRange(got, row * VOCAB, (row + 1) * VOCAB),
              Arrays.copyOfRange(expected, row * VOCAB, (row + 1) * VOCAB));
      agreeing += error < bound ? 1 : 0;
    }
    assertThat(agreeing).as(what).isGreaterThanOrEqualTo((int) (MOST * rows));
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

package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/**
 * Every kernel of a step a few times on odd sizes: little work, because it is meant to run under a
 * sanitizer ({@code gpu/check --sanitizer}), which sees what results don't show.
 */
@Tag("gpu")
@Tag("sanitizer")
class SmallShapesGpuTest {
  private static final int VOCAB = 500;
  private static final String MODEL =
      GpuModels.MOE
          .replace("\"num_experts\": 5", "\"num_experts\": 16")
          .replace("\"num_experts_per_tok\": 3", "\"num_experts_per_tok\": 4");

  /** Lengths of sequences: within a page, at its end, over the first split of a context. */
  private static final int[] PROMPTS = {1, 3, 63, 64, 300};

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void chunksAndDecodeSteps(boolean portable) {
    Random random = new Random(6);
    int perSequence = 6;
    try (Checkpoint checkpoint = TinyModels.inMemory(MODEL, 3);
        CudaRunner runner = CudaRunnerGpuTest.open(checkpoint, portable)) {
      int sequences = PROMPTS.length;
      runner.allocate(sequences * perSequence, 500, sequences);
      int[] done = new int[sequences];
      // Prompts in one step, then a chunk of two beside single tokens, then decode steps.
      int[][] steps = {PROMPTS, {1, 2, 1, 1, 1}, {1, 1, 1, 1, 1}, {1, 0, 0, 0, 0}, {0, 0, 0, 1, 1}};
      for (int[] rows : steps) {
        Batch batch = new Batch(500, sequences);
        for (int s = 0; s < sequences; s++) {
          if (rows[s] > 0) {
            int first = s * perSequence;
            int[] pages = IntStream.range(first, first + perSequence).toArray();
            batch.addSequence(done[s], pages, perSequence);
            for (int r = 0; r < rows[s]; r++) {
              batch.addRow(random.nextInt(VOCAB), r == rows[s] - 1);
            }
            done[s] += rows[s];
          }
        }
        StepResult result = new StepResult(sequences, VOCAB);
        runner.step(batch, result);
        for (int i = 0; i < batch.logitCount() * VOCAB; i++) {
          assertThat(result.logits()[i]).isFinite();
        }
      }
    }
  }
}

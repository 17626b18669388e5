package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SingleSequence;
import org.lfm4j.runner.StepResult;

/** What every runner promises besides its arithmetic. */
class RunnerContractTest {
  private static final int VOCAB = 30;
  private static final List<RunnerFactory> RUNNERS = RunnerFactory.ALL;

  private final Checkpoint checkpoint = TinyModels.inMemory(TinyModels.moeConfig(VOCAB), 4);

  @AfterEach
  void close() {
    checkpoint.close();
  }

  private static int[] randomTokens(Random random, int count) {
    return random.ints(count, 0, VOCAB).toArray();
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void onlyWantedLogitsAreComputed(RunnerFactory factory) {
    int[] tokens = {1, 5, 9, 2};
    float[] all = factory.logits(checkpoint, tokens);
    try (Runner runner = factory.open(checkpoint, 4)) {
      Batch batch = new Batch(4, 1);
      batch.addSequence(0, new int[] {0}, 1);
      for (int i = 0; i < 4; i++) {
        batch.addRow(tokens[i], i % 2 == 1);
      }
      StepResult result = new StepResult(2, VOCAB);
      runner.step(batch, result);

      assertThat(Arrays.copyOf(result.logits(), VOCAB))
          .containsExactly(Arrays.copyOfRange(all, VOCAB, 2 * VOCAB));
      assertThat(Arrays.copyOfRange(result.logits(), VOCAB, 2 * VOCAB))
          .containsExactly(Arrays.copyOfRange(all, 3 * VOCAB, 4 * VOCAB));
    }
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void whatElseIsInTheBatchChangesNothing(RunnerFactory factory) {
    Random random = new Random(5);
    int[][] prompts = {
      randomTokens(random, 150), randomTokens(random, 1), randomTokens(random, 70), {4, 4, 4}
    };
    try (Runner runner = factory.create().apply(checkpoint)) {
      int perPrompt = runner.cacheSpec().pagesFor(150);
      runner.allocate(prompts.length * perPrompt, 300, 4);
      int[] done = new int[prompts.length];
      float[][] last = new float[prompts.length][];
      while (!Arrays.equals(done, Arrays.stream(prompts).mapToInt(p -> p.length).toArray())) {
        step(runner, perPrompt, prompts, done, last, random);
      }
      for (int i = 0; i < prompts.length; i++) {
        float[] alone = factory.logits(checkpoint, prompts[i]);
        assertThat(last[i])
            .as("prompt %d", i)
            .containsExactly(Arrays.copyOfRange(alone, alone.length - VOCAB, alone.length));
      }
    }
  }

  /** Takes a random number of tokens of each prompt, in one batch. */
  private static void step(
      Runner runner, int perPrompt, int[][] prompts, int[] done, float[][] last, Random random) {
    Batch batch = new Batch(300, 4);
    int[] logitsOf = new int[4];
    for (int i = 0; i < prompts.length; i++) {
      int rows = random.nextInt(1 + Math.min(66, prompts[i].length - done[i]));
      if (rows > 0) {
        int first = i * perPrompt;
        int[] pages = java.util.stream.IntStream.range(first, first + perPrompt).toArray();
        batch.addSequence(done[i], pages, pages.length);
        for (int t = 0; t < rows; t++) {
          boolean ends = ++done[i] == prompts[i].length;
          logitsOf[batch.logitCount()] = i;
          batch.addRow(prompts[i][done[i] - 1], ends);
        }
      }
    }
    StepResult result = new StepResult(4, VOCAB);
    runner.step(batch, result);
    for (int i = 0; i < batch.logitCount(); i++) {
      last[logitsOf[i]] = Arrays.copyOfRange(result.logits(), i * VOCAB, (i + 1) * VOCAB);
    }
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void aCopiedPageContinuesLikeTheOriginal(RunnerFactory factory) {
    int[] tokens = {1, 5, 9, 2, 7, 3};
    try (Runner runner = factory.open(checkpoint, 6)) {
      int pages = runner.cacheSpec().pagesFor(6);
      SingleSequence original = new SingleSequence(runner, 0, 6);
      original.forward(tokens, 0, 5, new float[0]);
      for (int i = 0; i < pages; i++) {
        runner.copyPage(i, pages + i);
      }
      float[] logits = new float[VOCAB];
      original.forward(tokens, 5, 6, logits);
      Batch batch = new Batch(1, 1);
      int[] copies = java.util.stream.IntStream.range(pages, 2 * pages).toArray();
      batch.addSequence(5, copies, copies.length);
      batch.addRow(3, true);
      StepResult result = new StepResult(1, VOCAB);
      runner.step(batch, result);

      assertThat(result.logits()).containsExactly(logits);
    }
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void idsOutOfRangeAreNamedAndNothingIsComputed(RunnerFactory factory) {
    try (Runner runner = factory.open(checkpoint, 2)) {
      refused(runner, VOCAB, 0, "token 30 in row 0");
      refused(runner, -1, 0, "token -1 in row 0");
      refused(runner, 1, 99, "page 99 of sequence 0");
      refused(runner, 1, -1, "page -1 of sequence 0");
    }
  }

  private static void refused(Runner runner, int token, int page, String message) {
    Batch batch = new Batch(1, 1);
    batch.addSequence(0, new int[] {page}, 1);
    batch.addRow(token, true);
    assertThatThrownBy(() -> runner.step(batch, new StepResult(1, VOCAB)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}

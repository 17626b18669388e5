package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SingleSequence;
import org.lfm4j.runner.StepResult;

/** What every runner promises besides its arithmetic, over one model; subclasses name runners. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class RunnerContract {
  private final String config;
  private final List<RunnerFactory> runners;
  private Checkpoint checkpoint;
  private int vocab;

  /**
   * Says what to test.
   *
   * @param config config.json of a model that the runners can run
   */
  protected RunnerContract(String config, List<RunnerFactory> runners) {
    this.config = config;
    this.runners = runners;
  }

  /** Returns the runners under test. */
  protected List<RunnerFactory> runners() {
    return runners;
  }

  @BeforeAll
  void open() {
    checkpoint = TinyModels.inMemory(config, 4);
    vocab = checkpoint.config().vocabSize();
  }

  @AfterAll
  void close() {
    checkpoint.close();
  }

  private int[] randomTokens(Random random, int count) {
    return random.ints(count, 0, vocab).toArray();
  }

  @ParameterizedTest
  @MethodSource("runners")
  void onlyWantedLogitsAreComputed(RunnerFactory factory) {
    int[] tokens = {1, 5, 9, 2};
    float[] all = factory.logits(checkpoint, tokens);
    try (Runner runner = factory.open(checkpoint, 4)) {
      Batch batch = new Batch(4, 1);
      batch.addSequence(0, new int[] {0}, 1);
      for (int i = 0; i < 4; i++) {
        batch.addRow(tokens[i], i % 2 == 1);
      }
      StepResult result = new StepResult(2, vocab);
      runner.step(batch, result);

      assertThat(Arrays.copyOf(result.logits(), vocab))
          .containsExactly(Arrays.copyOfRange(all, vocab, 2 * vocab));
      assertThat(Arrays.copyOfRange(result.logits(), vocab, 2 * vocab))
          .containsExactly(Arrays.copyOfRange(all, 3 * vocab, 4 * vocab));
    }
  }

  @ParameterizedTest
  @MethodSource("runners")
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
            .containsExactly(Arrays.copyOfRange(alone, alone.length - vocab, alone.length));
      }
    }
  }

  /** Takes a random number of tokens of each prompt, in one batch. */
  private void step(
      Runner runner, int perPrompt, int[][] prompts, int[] done, float[][] last, Random random) {
    Batch batch = new Batch(300, 4);
    int[] logitsOf = new int[4];
    for (int i = 0; i < prompts.length; i++) {
      int rows = random.nextInt(1 + Math.min(66, prompts[i].length - done[i]));
      if (rows > 0) {
        int first = i * perPrompt;
        int[] pages = IntStream.range(first, first + perPrompt).toArray();
        batch.addSequence(done[i], pages, pages.length);
        for (int t = 0; t < rows; t++) {
          boolean ends = ++done[i] == prompts[i].length;
          logitsOf[batch.logitCount()] = i;
          batch.addRow(prompts[i][done[i] - 1], ends);
        }
      }
    }
    StepResult result = new StepResult(4, vocab);
    runner.step(batch, result);
    for (int i = 0; i < batch.logitCount(); i++) {
      last[logitsOf[i]] = Arrays.copyOfRange(result.logits(), i * vocab, (i + 1) * vocab);
    }
  }

  @ParameterizedTest
  @MethodSource("runners")
  void aCopiedPageContinuesLikeTheOriginal(RunnerFactory factory) {
    int[] tokens = {1, 5, 9, 2, 7, 3};
    try (Runner runner = factory.open(checkpoint, 6)) {
      int pages = runner.cacheSpec().pagesFor(6);
      SingleSequence original = new SingleSequence(runner, 0, 6);
      original.forward(tokens, 0, 5, new float[0]);
      for (int i = 0; i < pages; i++) {
        runner.copyPage(i, pages + i);
      }
      float[] logits = new float[vocab];
      original.forward(tokens, 5, 6, logits);
      Batch batch = new Batch(1, 1);
      int[] copies = IntStream.range(pages, 2 * pages).toArray();
      batch.addSequence(5, copies, copies.length);
      batch.addRow(3, true);
      StepResult result = new StepResult(1, vocab);
      runner.step(batch, result);

      assertThat(result.logits()).containsExactly(logits);
    }
  }

  @ParameterizedTest
  @MethodSource("runners")
  void idsOutOfRangeAreNamedAndNothingIsComputed(RunnerFactory factory) {
    try (Runner runner = factory.open(checkpoint, 2)) {
      refused(runner, vocab, 0, "token %d in row 0".formatted(vocab));
      refused(runner, -1, 0, "token -1 in row 0");
      refused(runner, 1, 99, "page 99 of sequence 0");
      refused(runner, 1, -1, "page -1 of sequence 0");
    }
  }

  private void refused(Runner runner, int token, int page, String message) {
    Batch batch = new Batch(1, 1);
    batch.addSequence(0, new int[] {page}, 1);
    batch.addRow(token, true);
    assertThatThrownBy(() -> runner.step(batch, new StepResult(1, vocab)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}

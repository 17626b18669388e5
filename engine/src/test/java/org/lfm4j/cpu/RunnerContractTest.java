package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SequenceState;

class RunnerContractTest {
  private static final List<RunnerFactory> RUNNERS = RunnerFactory.ALL;
  private static final int VOCAB = 30;

  private final Checkpoint checkpoint = TinyModels.inMemory(TinyModels.moeConfig(VOCAB), 4);

  @AfterEach
  void close() {
    checkpoint.close();
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void logitsAreThoseOfTheLastTokens(RunnerFactory factory) {
    int[] tokens = {1, 5, 9, 2};
    float[] all = factory.logits(checkpoint, tokens);
    try (Runner runner = factory.create().apply(checkpoint);
        SequenceState sequence = runner.open(4)) {
      float[] lastTwo = new float[2 * VOCAB];
      runner.forward(sequence, new int[] {0, 1, 5, 9, 2, 0}, 1, 5, lastTwo);
      assertThat(lastTwo).containsExactly(Arrays.copyOfRange(all, 2 * VOCAB, 4 * VOCAB));
    }
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void logitsMayBeLeftOut(RunnerFactory factory) {
    float[] all = factory.logits(checkpoint, 1, 5, 9);
    try (Runner runner = factory.create().apply(checkpoint);
        SequenceState sequence = runner.open(3)) {
      runner.forward(sequence, new int[] {1, 5}, 0, 2, new float[0]);
      runner.forward(sequence, new int[0], 0, 0, new float[0]);
      float[] last = new float[VOCAB];
      runner.forward(sequence, new int[] {9}, 0, 1, last);
      assertThat(LogitsError.between(last, Arrays.copyOfRange(all, 2 * VOCAB, 3 * VOCAB)).max())
          .isLessThanOrEqualTo(factory.chunkTolerance());
    }
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void badArgumentsAreNamedAndLeaveTheSequenceAlone(RunnerFactory factory) {
    float[] expected = factory.logits(checkpoint, 1, 5);
    try (Runner runner = factory.create().apply(checkpoint);
        Runner other = factory.create().apply(checkpoint);
        SequenceState sequence = runner.open(2);
        SequenceState foreign = other.open(2)) {
      float[] one = new float[VOCAB];
      refused(runner, sequence, new int[] {1, VOCAB}, 0, 2, one, "30");
      refused(runner, sequence, new int[] {-1}, 0, 1, one, "-1");
      refused(runner, sequence, new int[] {1, 2, 3}, 0, 3, one, "capacity");
      refused(runner, sequence, new int[] {1}, 0, 2, one, "range");
      refused(runner, sequence, new int[] {1}, -1, 1, one, "range");
      refused(runner, sequence, new int[] {1}, 1, 0, one, "range");
      refused(runner, sequence, new int[] {1}, 0, 1, new float[VOCAB - 1], "logits");
      refused(runner, sequence, new int[] {1}, 0, 1, new float[2 * VOCAB], "logits");
      refused(runner, foreign, new int[] {1}, 0, 1, one, "another runner");
      assertThat(sequence.length()).isZero();
      float[] logits = new float[2 * VOCAB];
      runner.forward(sequence, new int[] {1, 5}, 0, 2, logits);
      assertThat(logits).containsExactly(expected);
      refused(runner, sequence, new int[] {1}, 0, 1, one, "capacity");
    }
  }

  @ParameterizedTest
  @FieldSource("RUNNERS")
  void sequenceKnowsItsLengthAndCapacity(RunnerFactory factory) {
    try (Runner runner = factory.create().apply(checkpoint)) {
      SequenceState sequence = runner.open(5);
      assertThat(sequence.capacity()).isEqualTo(5);
      runner.forward(sequence, new int[] {1, 2, 3}, 0, 3, new float[0]);
      assertThat(sequence.length()).isEqualTo(3);
      sequence.close();
      refused(runner, sequence, new int[] {1}, 0, 1, new float[0], "closed");
      assertThatThrownBy(() -> runner.open(0)).isInstanceOf(IllegalArgumentException.class);
      assertThat(runner.config()).isEqualTo(checkpoint.config());
    }
  }

  private static void refused(
      Runner runner,
      SequenceState sequence,
      int[] tokens,
      int from,
      int to,
      float[] logits,
      String message) {
    assertThatThrownBy(() -> runner.forward(sequence, tokens, from, to, logits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}

package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.EditedCheckpoint;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SingleSequence;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

class VectorRunnerTest {
  private static final int VOCAB = 30;

  /** Logits are about 1, rounding in these small models is about 1e-6. */
  private static final double SAME = 2e-5;

  @Test
  void promptsLongerThanABlockDoNotDependOnChunks() {
    int length = 2 * Block.MOST_TOKENS + 45;
    int[] tokens = new Random(1).ints(length, 0, VOCAB).toArray();
    for (String config : List.of(TinyModels.denseConfig(VOCAB), TinyModels.moeConfig(VOCAB))) {
      try (Checkpoint checkpoint = TinyModels.inMemory(config, 1);
          Runner runner = runner(checkpoint, 2)) {
        float[] whole = last(runner, tokens, length, 50 * VOCAB);
        for (int chunk : new int[] {63, 100, Block.MOST_TOKENS, 300}) {
          assertThat(last(runner, tokens, chunk, VOCAB))
              .as("chunks of %d", chunk)
              .containsExactly(java.util.Arrays.copyOfRange(whole, 49 * VOCAB, 50 * VOCAB));
        }
        float[] all = last(runner, tokens, length, length * VOCAB);
        assertThat(java.util.Arrays.copyOfRange(all, all.length - whole.length, all.length))
            .containsExactly(whole);
      }
    }
  }

  /** Returns the last logits of a new sequence, fed in chunks. */
  private static float[] last(Runner runner, int[] tokens, int chunk, int size) {
    float[] logits = new float[size];
    SingleSequence sequence = new SingleSequence(runner, 0, tokens.length);
    for (int from = 0; from < tokens.length; from += chunk) {
      int to = Math.min(tokens.length, from + chunk);
      sequence.forward(tokens, from, to, to == tokens.length ? logits : new float[0]);
    }
    return logits;
  }

  private static Runner runner(Checkpoint checkpoint, int threads) {
    Runner runner = new VectorRunner(checkpoint, threads);
    runner.allocate(20, 1024, 1024);
    return runner;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void anyNumberOfThreadsGivesTheSameBits(int threads) {
    int[] tokens = new Random(2).ints(40, 0, VOCAB).toArray();
    try (Checkpoint checkpoint = TinyModels.inMemory(TinyModels.moeConfig(VOCAB), 2);
        Runner one = runner(checkpoint, 1);
        Runner several = runner(checkpoint, threads)) {
      assertThat(last(several, tokens, 40, VOCAB)).containsExactly(last(one, tokens, 40, VOCAB));
      assertThat(last(several, tokens, 1, VOCAB)).containsExactly(last(one, tokens, 40, VOCAB));
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 4, 64", "4, 2, 64", "6, 2, 96", "8, 2, 128", "2, 1, 40", "1, 1, 64"})
  void agreesWithTheReferenceForEveryGroup(int heads, int kvHeads, int hidden) {
    String config =
        TinyModels.moeConfig(VOCAB)
            .replace("\"num_attention_heads\": 4", "\"num_attention_heads\": " + heads)
            .replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": " + kvHeads)
            .replace("\"hidden_size\": 64", "\"hidden_size\": " + hidden);
    try (Checkpoint checkpoint = TinyModels.inMemory(config, 3)) {
      assertAgrees(checkpoint, new Random(3).ints(70, 0, VOCAB).toArray());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F16"})
  void agreesWithTheReferenceForEveryType(DType dtype) {
    try (Checkpoint bf16 = TinyModels.inMemory(TinyModels.denseConfig(VOCAB), 4)) {
      EditedCheckpoint checkpoint = new EditedCheckpoint(bf16.config(), bf16);
      for (String name : ExpectedTensors.of(bf16.config()).keySet()) {
        Tensor tensor = bf16.tensor(name);
        float[] values = tensor.floats();
        for (int i = 0; i < values.length; i++) {
          values[i] *= 0.999f; // not a BF16 value any more
        }
        checkpoint.put(name, dtype, tensor.shape(), values);
      }
      assertAgrees(checkpoint, new Random(4).ints(12, 0, VOCAB).toArray());
    }
  }

  private static void assertAgrees(Checkpoint checkpoint, int[] tokens) {
    float[] expected = new RunnerFactory("", ReferenceRunner::new, 0).logits(checkpoint, tokens);
    float[] actual =
        new RunnerFactory("", weights -> new VectorRunner(weights, 2), 0)
            .logits(checkpoint, tokens);
    assertThat(LogitsError.between(actual, expected).max()).isLessThan(SAME);
  }

  @Test
  void sequencesDoNotMixAndReusedPagesAreClean() {
    int[] a = new Random(5).ints(150, 0, VOCAB).toArray();
    int[] b = new Random(6).ints(150, 0, VOCAB).toArray();
    try (Checkpoint checkpoint = TinyModels.inMemory(TinyModels.denseConfig(VOCAB), 5);
        Runner runner = runner(checkpoint, 2)) {
      float[] ofA = last(runner, a, a.length, VOCAB);
      float[] ofB = last(runner, b, b.length, VOCAB);
      float[] interleavedA = new float[VOCAB];
      float[] interleavedB = new float[VOCAB];
      SingleSequence first = new SingleSequence(runner, 0, 150);
      SingleSequence second = new SingleSequence(runner, 3, 150);
      for (int i = 0; i < 150; i += 10) {
        first.forward(a, i, i + 10, interleavedA);
        second.forward(b, i, i + 3, new float[0]);
        second.forward(b, i + 3, i + 10, interleavedB);
      }
      assertThat(interleavedA).containsExactly(ofA);
      assertThat(interleavedB).containsExactly(ofB);
    }
  }

  @Test
  void closingEndsTheThreads() {
    try (Checkpoint checkpoint = TinyModels.inMemory(TinyModels.denseConfig(VOCAB), 5)) {
      long before = workers();
      VectorRunner runner = new VectorRunner(checkpoint, 4);
      assertThat(workers()).isEqualTo(before + 3);
      runner.allocate(1, 1, 1);
      SingleSequence sequence = new SingleSequence(runner, 0, 4);
      runner.close();
      runner.close();
      assertThat(workers()).isEqualTo(before);
      assertThatThrownBy(() -> sequence.forward(new int[] {1}, 0, 1, new float[0]))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
  }

  @Test
  void weightsOfAnotherShapeAreRefusedAndLeaveNoThreads() {
    long before = workers();
    try (Checkpoint good = TinyModels.inMemory(TinyModels.denseConfig(VOCAB), 5)) {
      String name = "model.layers.1.self_attn.k_proj.weight";
      EditedCheckpoint bad =
          new EditedCheckpoint(good.config(), good)
              .put(name, DType.BF16, List.of(2, 3), new float[6]);
      assertThatThrownBy(() -> new VectorRunner(bad, 3))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining(name)
          .hasMessageContaining("[2, 3]")
          .hasMessageContaining("[32, 64]");
    }
    assertThat(workers()).isEqualTo(before);
  }

  private static long workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("lfm4j-cpu-"))
        .count();
  }
}

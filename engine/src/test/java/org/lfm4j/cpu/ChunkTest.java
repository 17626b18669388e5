package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SingleSequence;

/** How a prompt is cut into chunks never changes its logits. */
class ChunkTest {
  private static final int LENGTH = 23;

  static Stream<Arguments> cases() {
    List<String> configs =
        List.of(
            TinyModels.denseConfig(40),
            TinyModels.moeConfig(40),
            TinyModels.moeConfig(40).replace("\"conv_L_cache\": 3", "\"conv_L_cache\": 4"),
            TinyModels.denseConfig(40).replace("\"conv_L_cache\": 3", "\"conv_L_cache\": 1"),
            TinyModels.denseConfig(40)
                .replace("\"conv_L_cache\": 3", "\"conv_L_cache\": 3, \"conv_bias\": true"));
    return RunnerFactory.ALL.stream()
        .flatMap(factory -> configs.stream().map(config -> Arguments.of(factory, config)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void chunksOfAnySizeGiveTheSameLogits(RunnerFactory factory, String config) {
    try (Checkpoint checkpoint = TinyModels.inMemory(config, 11)) {
      int[] tokens = new Random(5).ints(LENGTH, 0, 40).toArray();
      float[] whole = factory.logits(checkpoint, tokens);
      for (List<Integer> chunks : cuts()) {
        float[] logits = inChunks(factory, checkpoint, tokens, chunks);
        assertThat(LogitsError.between(logits, whole).max())
            .as("chunks %s", chunks)
            .isCloseTo(0, within(factory.chunkTolerance()));
      }
    }
  }

  /** Sizes 1, 2, 3 and 7 show every mistake at a boundary of the convolution's state. */
  private static List<List<Integer>> cuts() {
    List<List<Integer>> cuts = new ArrayList<>();
    for (int size : new int[] {1, 2, 3, 7}) {
      cuts.add(cut(LENGTH, () -> size));
    }
    for (int seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      cuts.add(cut(LENGTH, () -> 1 + random.nextInt(8)));
    }
    return cuts;
  }

  private static List<Integer> cut(int length, java.util.function.IntSupplier size) {
    List<Integer> chunks = new ArrayList<>();
    int left = length;
    while (left > 0) {
      int chunk = Math.min(left, size.getAsInt());
      chunks.add(chunk);
      left -= chunk;
    }
    return chunks;
  }

  /** Returns all positions' logits, computed chunk by chunk. */
  private static float[] inChunks(
      RunnerFactory factory, Checkpoint checkpoint, int[] tokens, List<Integer> chunks) {
    ModelConfig config = checkpoint.config();
    float[] logits = new float[tokens.length * config.vocabSize()];
    try (Runner runner = factory.open(checkpoint, tokens.length)) {
      SingleSequence sequence = new SingleSequence(runner, 0, tokens.length);
      int from = 0;
      for (int chunk : chunks) {
        float[] part = new float[chunk * config.vocabSize()];
        sequence.forward(tokens, from, from + chunk, part);
        System.arraycopy(part, 0, logits, from * config.vocabSize(), part.length);
        from += chunk;
      }
      assertThat(sequence.length()).isEqualTo(tokens.length);
    }
    return logits;
  }
}

package org.lfm4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogitBlocksTest {
  private static final int OFFSET = 3;

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 255, 256, 257, 300, 1000, 65_536})
  void findsTheLargestOfEveryBlock(int vocabSize) {
    float[] logits = random(vocabSize);
    LogitBlocks blocks = new LogitBlocks(vocabSize);
    float most = Float.NEGATIVE_INFINITY;
    float found = blocks.scan(logits, OFFSET);
    for (int block = 0; block < blocks.count(); block++) {
      float expected = Float.NEGATIVE_INFINITY;
      for (int id = blocks.start(block); id < blocks.end(block); id++) {
        expected = Math.max(expected, logits[OFFSET + id]);
      }
      assertThat(blocks.largest(block)).isEqualTo(expected);
      most = Math.max(most, expected);
    }
    assertThat(found).isEqualTo(most);
    assertThat(logits[OFFSET + blocks.idOf(most, logits, OFFSET)]).isEqualTo(most);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 40, 255, 256, 290, 299})
  void whatIsNoNumberShows(int id) {
    float[] logits = random(300);
    logits[OFFSET + id] = Float.NaN;
    assertThat(new LogitBlocks(300).scan(logits, OFFSET)).isNaN();
    logits[OFFSET + id] = Float.intBitsToFloat(0xffc00000); // what x86 makes
    assertThat(new LogitBlocks(300).scan(logits, OFFSET)).isNaN();
  }

  /** With infinities on both sides, which belong to nobody. */
  private static float[] random(int vocabSize) {
    Random random = new Random(vocabSize);
    float[] logits = new float[vocabSize + 2 * OFFSET];
    java.util.Arrays.fill(logits, Float.POSITIVE_INFINITY);
    for (int i = 0; i < vocabSize; i++) {
      logits[OFFSET + i] =
          random.nextInt(9) == 0 ? Float.NEGATIVE_INFINITY : random.nextFloat() - 2;
    }
    return logits;
  }
}

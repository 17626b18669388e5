package org.lfm4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BlockQuantiserTest {
  /** Blocks of the gguf package (tools/golden/quantised.py). */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q8_0", "Q4_0"})
  void blocksEqualThoseOfTheReference(DType type) throws IOException {
    byte[] bytes = resource("floats.f32");
    float[] floats = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    assertThat(quantised(floats, type)).isEqualTo(resource(type + ".quantised"));
  }

  private static byte[] quantised(float[] x, DType type) {
    byte[] blocks = new byte[(int) type.rowBytes(x.length)];
    BlockQuantiser.row(x, type, MemorySegment.ofArray(blocks), 0);
    return blocks;
  }

  private static float[] there(float[] x, DType type) {
    return new Tensor("w", type, List.of(1, x.length), MemorySegment.ofArray(quantised(x, type)))
        .floats();
  }

  /**
   * Uniform rounding of normal numbers to n steps over their range in a group errs by range / n /
   * sqrt(12): about 4.1 / 15 / 3.5 for 32 values and 4 bits, 3.5 / 63 / 3.5 for 16 and 6. Scales of
   * few bits cost a little more, the search gains a little.
   */
  @ParameterizedTest
  @CsvSource({"Q4_K, 0.085", "Q6_K, 0.019", "Q8_0, 0.006", "Q4_0, 0.105"})
  void normalWeightsComeBackNearly(DType type, double bound) {
    for (double magnitude : new double[] {1, 1e-2, 3e3}) {
      float[] x = random(40 * 256, magnitude);
      float[] back = there(x, type);
      double squares = 0;
      for (int i = 0; i < x.length; i++) {
        squares += Math.pow((back[i] - x[i]) / magnitude, 2);
      }
      assertThat(Math.sqrt(squares / x.length)).isBetween(bound / 3, bound);
    }
  }

  private static float[] random(int n, double magnitude) {
    Random random = new Random(4);
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) (magnitude * random.nextGaussian());
    }
    return x;
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q4_K", "Q6_K", "Q8_0", "Q4_0"})
  void awkwardBlocksComeBack(DType type) {
    float[] x = new float[256];
    assertAllZero(there(x, type));
    Arrays.fill(x, 1e-30f);
    assertAllZero(there(x, type));
    for (float constant : new float[] {3, -3}) {
      Arrays.fill(x, constant);
      for (float value : there(x, type)) {
        assertThat(value).isBetween(constant - 0.02f, constant + 0.02f);
      }
    }
    Arrays.fill(x, 0);
    x[77] = -500;
    float[] back = there(x, type);
    assertThat(back[77]).isBetween(-505f, -495f);
    back[77] = 0;
    // In Q4_K zero is the difference of two products, each with a rounded F16.
    float rounding = type == DType.Q4_K ? 500 * 0x1p-11f : 0;
    for (float value : back) {
      assertThat(value).isBetween(-rounding, rounding);
    }
  }

  private static void assertAllZero(float[] values) {
    for (float value : values) {
      assertThat(value + 0f).isEqualTo(0f); // of either sign
    }
  }

  @Test
  void floatsAreRoundedToTheNearest() {
    float[] x = {1.00390625f, 1.01171875f, -0f, 3.4e38f};
    assertThat(there(x, DType.BF16)).containsExactly(1f, 1.015625f, -0f, Float.POSITIVE_INFINITY);
    assertThat(there(x, DType.F32)).containsExactly(x);
    assertThat(there(new float[] {0.1f}, DType.F16)).containsExactly(0.099975586f);
  }

  @Test
  void whatCannotBeWrittenIsRefused() {
    assertThatThrownBy(() -> quantised(new float[256], DType.Q5_K))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Q5_K can't be written");
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            BlockQuantiserTest.class.getResourceAsStream("/golden/quantised/" + name))) {
      return in.readAllBytes();
    }
  }
}

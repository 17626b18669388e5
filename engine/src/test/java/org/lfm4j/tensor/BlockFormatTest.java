package org.lfm4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockFormatTest {
  /** Values of the gguf package (tools/golden/quantised.py). */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"})
  void valuesEqualThoseOfTheReferenceBitForBit(DType type) throws IOException {
    byte[] blocks = resource(type + ".blocks");
    int elements = blocks.length / type.bytes() * type.elements();
    Tensor tensor = new Tensor("w", type, List.of(2, elements / 2), MemorySegment.ofArray(blocks));
    float[] expected = new float[elements];
    ByteBuffer.wrap(resource(type + ".f32"))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(expected);

    float[] actual = tensor.floats();

    for (int i = 0; i < elements; i++) {
      // Zeros of either sign are the same weight.
      assertThat(actual[i] + 0f).as("element %d", i).isEqualTo(expected[i] + 0f);
    }
    float[] row = new float[elements / 2 + 3];
    tensor.copyRow(1, row, 3);
    assertThat(java.util.Arrays.copyOfRange(row, 3, row.length)).isEqualTo(tensor.row(1));
  }

  @Test
  void rowsAreWholeBlocks() {
    MemorySegment block = MemorySegment.ofArray(new byte[34]);
    assertThat(new Tensor("w", DType.Q8_0, List.of(1, 32), block).elements()).isEqualTo(32);
    assertThatThrownBy(() -> new Tensor("w", DType.Q8_0, List.of(2, 16), block))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("multiple of 32");
    assertThatThrownBy(() -> new Tensor("w", DType.Q8_0, List.of(2, 32), block))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs 68 bytes");
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            BlockFormatTest.class.getResourceAsStream("/golden/quantised/" + name))) {
      return in.readAllBytes();
    }
  }
}

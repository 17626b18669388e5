package org.lfm4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorTest {

  @Test
  void bf16IsTheUpperHalfOfF32() {
    Tensor tensor = shorts(DType.BF16, List.of(2, 2), 0x3f80, 0xc040, 0x0000, 0x7f80);
    assertThat(tensor.row(0)).containsExactly(1f, -3f);
    assertThat(tensor.row(1)).containsExactly(0f, Float.POSITIVE_INFINITY);
    assertThat(tensor.floats()).containsExactly(1f, -3f, 0f, Float.POSITIVE_INFINITY);
  }

  @Test
  void f16IsConverted() {
    Tensor tensor = shorts(DType.F16, List.of(3), 0x3c00, 0xc200, 0x0001);
    assertThat(tensor.floats()).containsExactly(1f, -3f, 0x1p-24f);
  }

  @Test
  void f32IsTaken() {
    ByteBuffer data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    data.putFloat(1.5f).putFloat(-2).flip();
    Tensor tensor = new Tensor("w", DType.F32, List.of(1, 2), MemorySegment.ofBuffer(data));
    assertThat(tensor.row(0)).containsExactly(1.5f, -2f);
  }

  @Test
  void shapeTellsRowsAndColumns() {
    Tensor tensor = shorts(DType.BF16, List.of(2, 1, 3), 0, 0, 0, 0, 0, 0);
    assertThat(tensor.rows()).isEqualTo(2);
    assertThat(tensor.columns()).isEqualTo(3);
    assertThat(tensor.elements()).isEqualTo(6);
  }

  @Test
  void dataOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> shorts(DType.F32, List.of(2, 2), 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor w F32[2, 2] needs 16 bytes, has 4");
  }

  private static Tensor shorts(DType dtype, List<Integer> shape, int... values) {
    ByteBuffer data = ByteBuffer.allocate(values.length * 2).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      data.putShort((short) value);
    }
    return new Tensor("w", dtype, shape, MemorySegment.ofBuffer(data.flip()));
  }
}

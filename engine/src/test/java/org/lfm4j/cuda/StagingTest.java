package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** Conversions on the way to the device. */
class StagingTest {
  private static final ValueLayout.OfFloat FLOATS = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORTS = ValueLayout.JAVA_SHORT_UNALIGNED;

  @Test
  void roundingIsToTheNearestAndToEvenInTheMiddle() {
    assertThat(rounded(1.0f)).isEqualTo(0x3f80);
    assertThat(rounded(Float.intBitsToFloat(0x3f808000))).isEqualTo(0x3f80);
    assertThat(rounded(Float.intBitsToFloat(0x3f808001))).isEqualTo(0x3f81);
    assertThat(rounded(Float.intBitsToFloat(0x3f818000))).isEqualTo(0x3f82);
    assertThat(rounded(Float.intBitsToFloat(0xbf818000))).isEqualTo(0xbf82);
    assertThat(rounded(Float.MAX_VALUE)).isEqualTo(0x7f80);
    assertThat(rounded(Float.NEGATIVE_INFINITY)).isEqualTo(0xff80);
    assertThat(rounded(-0.0f)).isEqualTo(0x8000);
    assertThat(rounded(Float.MIN_VALUE)).isEqualTo(0);
    // A NaN whose payload is in the lower half only must not become infinity.
    assertThat(rounded(Float.intBitsToFloat(0x7f800001)) & 0x7f).isNotZero();
  }

  @Test
  void partsOfTensorsOfAllTypesArrive() {
    float[] values = {0.5f, -1.25f, 3, 1e-3f, 100};
    try (Arena arena = Arena.ofConfined()) {
      for (DType type : List.of(DType.F32, DType.BF16, DType.F16)) {
        Tensor tensor = tensor(arena, type, values);
        MemorySegment bf16 = arena.allocate(6);
        Staging.copy(tensor, 1, 3, WeightPlan.Kind.WEIGHT, bf16);
        MemorySegment f32 = arena.allocate(12);
        Staging.copy(tensor, 1, 3, WeightPlan.Kind.BIAS, f32);
        for (int i = 0; i < 3; i++) {
          float stored = tensor.floats()[1 + i];
          assertThat(f32.get(FLOATS, 4L * i)).as(type.name()).isEqualTo(stored);
          assertThat(bf16.get(SHORTS, 2L * i))
              .as(type.name())
              .isEqualTo(Staging.roundToBf16(stored));
        }
      }
    }
  }

  private static Tensor tensor(Arena arena, DType type, float[] values) {
    MemorySegment data = arena.allocate((long) values.length * type.bytes());
    for (int i = 0; i < values.length; i++) {
      switch (type) {
        case F32 -> data.set(FLOATS, 4L * i, values[i]);
        case F16 -> data.set(SHORTS, 2L * i, Float.floatToFloat16(values[i]));
        case BF16 -> data.set(SHORTS, 2L * i, (short) (Float.floatToRawIntBits(values[i]) >>> 16));
      }
    }
    return new Tensor("test", type, List.of(values.length), data);
  }

  private static int rounded(float value) {
    return Staging.roundToBf16(value) & 0xffff;
  }
}

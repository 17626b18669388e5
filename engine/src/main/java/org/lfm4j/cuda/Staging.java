package org.lfm4j.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** Copies stored numbers to host memory in the type that the device wants. */
final class Staging {
  private static final ValueLayout.OfShort SHORTS =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOATS =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int ROUND = 0x7fff;
  private static final int QUIET_NAN = 0x40;

  private Staging() {}

  /**
   * Copies part of a tensor.
   *
   * @param from the tensor
   * @param first its first element to copy
   * @param count how many
   * @param kind says the type in {@code to}
   * @param to receives them, from its beginning on
   */
  static void copy(Tensor from, long first, long count, WeightPlan.Kind kind, MemorySegment to) {
    DType wanted = kind == WeightPlan.Kind.BIAS ? DType.F32 : DType.BF16;
    if (from.dtype() == wanted) {
      long bytes = wanted.bytes();
      MemorySegment.copy(from.data(), first * bytes, to, 0, count * bytes);
    } else if (wanted == DType.F32) {
      for (long i = 0; i < count; i++) {
        to.set(FLOATS, i * Float.BYTES, element(from, first + i));
      }
    } else {
      for (long i = 0; i < count; i++) {
        to.set(SHORTS, i * Short.BYTES, roundToBf16(element(from, first + i)));
      }
    }
  }

  private static float element(Tensor tensor, long i) {
    MemorySegment data = tensor.data();
    return switch (tensor.dtype()) {
      case F32 -> data.get(FLOATS, i * Float.BYTES);
      case F16 -> Float.float16ToFloat(data.get(SHORTS, i * Short.BYTES));
      case BF16 -> Float.intBitsToFloat(data.get(SHORTS, i * Short.BYTES) << Short.SIZE);
      case Q8_0, Q4_0, Q4_K, Q5_K, Q6_K ->
          throw new CheckpointException(
              "%s is %s, which the GPU kernels can't run".formatted(tensor.name(), tensor.dtype()));
    };
  }

  /** Rounds to the nearest BF16, of two equally near to the even one. */
  static short roundToBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> Short.SIZE) | QUIET_NAN);
    }
    int even = (bits >>> Short.SIZE) & 1;
    return (short) ((bits + ROUND + even) >>> Short.SIZE);
  }
}

package org.lfm4j.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** Quantised matrices of random bytes with scales near one. */
final class QuantBlocks {
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private QuantBlocks() {}

  /**
   * Makes a matrix; {@code extreme} has every bit of the elements and scales set, or the least
   * elements and scales.
   */
  static Tensor matrix(DType type, int rows, int columns, long seed, boolean extreme) {
    Random random = new Random(seed);
    byte[] bytes = new byte[(int) (rows * type.rowBytes(columns))];
    random.nextBytes(bytes);
    if (extreme) {
      boolean least = random.nextBoolean();
      java.util.Arrays.fill(bytes, (byte) (least ? 0x80 : 0xff));
      for (int at = 0; at < bytes.length && least && type == DType.Q6_K; at += type.bytes()) {
        java.util.Arrays.fill(bytes, at, at + 192, (byte) 0);
      }
    }
    MemorySegment data = Arena.ofAuto().allocate(bytes.length, 64);
    data.copyFrom(MemorySegment.ofArray(bytes));
    for (long at = 0; at < bytes.length; at += type.bytes()) {
      switch (type) {
        case Q6_K -> data.set(HALF, at + 208, half(random));
        case Q4_K, Q5_K -> {
          data.set(HALF, at, half(random));
          data.set(HALF, at + 2, half(random));
        }
        default -> data.set(HALF, at, half(random));
      }
    }
    return new Tensor("w", type, List.of(rows, columns), data);
  }

  private static short half(Random random) {
    return Float.floatToFloat16((float) random.nextGaussian());
  }
}

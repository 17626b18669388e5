package org.lfm4j.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How the tensor copies of sm_90 and newer find boxes of a BF16 tensor in device memory: 128 bytes
 * that the driver writes and only it can read, passed to kernels by value.
 *
 * @param segment 128 bytes, 64-byte aligned
 */
public record TensorMap(MemorySegment segment) {
  /** Size of a map. */
  public static final int BYTES = 128;

  private static final int ALIGNMENT = 64;
  private static final int ELEMENT_BYTES = 2;
  private static final int MOST_DIMENSIONS = 5;
  private static final int BFLOAT16 = 9;
  private static final int NO_INTERLEAVE = 0;
  private static final int L2_PROMOTION_256_BYTES = 3;
  private static final int ZERO_FILL = 0;

  /** Where 16-byte pieces of a box row go in shared memory. */
  public enum Swizzle {
    /** In order. */
    NONE(0),
    /** Exchanged within 32 bytes. */
    BYTES_32(1),
    /** Exchanged within 64 bytes. */
    BYTES_64(2),
    /** Exchanged within 128 bytes, as wgmma reads rows of 64 BF16 best. */
    BYTES_128(3);

    private final int code;

    Swizzle(int code) {
      this.code = code;
    }
  }

  /**
   * Describes a dense row-major matrix.
   *
   * @param address of the first element, 16-byte aligned
   * @param rows its rows
   * @param columns its columns, a multiple of 8
   * @param boxRows rows of a box, at most 256
   * @param boxColumns columns of a box, 64 for {@link Swizzle#BYTES_128}
   */
  public static TensorMap matrix(
      long address, long rows, long columns, int boxRows, int boxColumns, Swizzle swizzle) {
    return of(
        address,
        new long[] {columns, rows},
        new long[] {columns * ELEMENT_BYTES},
        new int[] {boxColumns, boxRows},
        swizzle);
  }

  /**
   * Describes a tensor of 2 to 5 dimensions. Elements outside are read as zeros.
   *
   * @param address of the first element, 16-byte aligned
   * @param sizes elements of each dimension, innermost first
   * @param strides bytes between neighbours in each dimension but the innermost, multiples of 16
   * @param box elements of a box in each dimension, innermost first, at most 256 each
   * @throws IllegalArgumentException if the arrays don't fit together
   * @throws CudaException if the driver refuses the description
   */
  public static TensorMap of(
      long address, long[] sizes, long[] strides, int[] box, Swizzle swizzle) {
    int rank = sizes.length;
    if (rank < 2 || rank > MOST_DIMENSIONS || strides.length != rank - 1 || box.length != rank) {
      throw new IllegalArgumentException(
          "a tensor map of %d sizes, %d strides and a box of %d: wanted are 2 to 5, one less, as many"
              .formatted(rank, strides.length, box.length));
    }
    MemorySegment map = Arena.ofAuto().allocate(BYTES, ALIGNMENT);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment steps = arena.allocate(JAVA_INT, rank);
      for (int i = 0; i < rank; i++) {
        steps.setAtIndex(JAVA_INT, i, 1);
      }
      Driver.encode(
          map,
          BFLOAT16,
          rank,
          address,
          arena.allocateFrom(JAVA_LONG, sizes),
          arena.allocateFrom(JAVA_LONG, strides),
          arena.allocateFrom(JAVA_INT, box),
          steps,
          NO_INTERLEAVE,
          swizzle.code,
          L2_PROMOTION_256_BYTES,
          ZERO_FILL);
    }
    return new TensorMap(map.asReadOnly());
  }
}

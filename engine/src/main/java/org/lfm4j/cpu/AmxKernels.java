package org.lfm4j.cpu;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import org.lfm4j.kernels.NativeLibrary;

/**
 * Matrices of BF16 in C with AMX, the matrix instructions of Intel's servers. They multiply {@link
 * SplitRows} and not floats, so their bits differ from those of {@link Gemv} and {@link Gemm};
 * those of a token are the same however many come with it.
 */
final class AmxKernels {
  /** Whether they can be used; any {@code -Dlfm4j.native} but {@code true} turns them off. */
  static final boolean AVAILABLE;

  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  // Memory outside the heap is given as a number: a segment would be locked and unlocked for each
  // call, and threads that share it would wait for each other. Its owner keeps it while a step
  // runs.
  private static final ValueLayout.OfLong ADDRESS = ValueLayout.JAVA_LONG;

  // Constants: only then is a call compiled to a plain one.
  private static final @Nullable MethodHandle ROWS;
  private static final @Nullable MethodHandle SPLIT;
  private static final @Nullable MethodHandle SPLIT_ONE;

  static {
    // Other vectors than these leave rows in BF16 that are no whole number of tiles.
    AVAILABLE = Simd.STEP == SplitRows.STEP && NativeLibrary.has("amx");
    ROWS =
        kernel(
            "lfm4j_bf16_rows_amx",
            FunctionDescriptor.ofVoid(
                ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ADDRESS,
                ValueLayout.JAVA_LONG,
                POINTER,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
    SPLIT =
        kernel(
            "lfm4j_split_rows_amx",
            FunctionDescriptor.ofVoid(
                POINTER,
                POINTER,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                POINTER));
    SPLIT_ONE =
        kernel(
            "lfm4j_split_one_amx",
            FunctionDescriptor.ofVoid(POINTER, ValueLayout.JAVA_LONG, POINTER));
  }

  private AmxKernels() {}

  private static @Nullable MethodHandle kernel(String name, FunctionDescriptor type) {
    return AVAILABLE ? NativeLibrary.kernel(name, type) : null;
  }

  /** Returns whether they multiply a matrix. */
  static boolean multiply(FloatMatrix w) {
    return AVAILABLE && w.bf16();
  }

  private static MethodHandle present(@Nullable MethodHandle kernel) {
    if (kernel == null) {
      throw new IllegalStateException("there is no AMX here: ask AVAILABLE first");
    }
    return kernel;
  }

  /** Does what {@link MatMul#rows} says for a matrix of BF16. */
  static void rows(
      FloatMatrix w,
      int from,
      int to,
      SplitRows x,
      int firstRow,
      int count,
      float[] out,
      int outAt,
      int stride,
      boolean add) {
    MethodHandle kernel = present(ROWS);
    try {
      kernel.invokeExact(
          w.data().address() + 2L * from * w.columns(),
          (long) (to - from),
          (long) w.columns(),
          x.address(firstRow, w.columns()),
          (long) count,
          MemorySegment.ofArray(out).asSlice(4L * (outAt + from)),
          (long) stride,
          add ? 1 : 0);
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }

  /**
   * Splits {@code columns} numbers of each row of the first or second half of a group.
   *
   * @param at where row i begins
   */
  static void split(float[] source, int[] at, int count, int columns, int half, MemorySegment to) {
    MethodHandle kernel = present(SPLIT);
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(source),
          MemorySegment.ofArray(at),
          (long) count,
          (long) columns,
          half,
          to);
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }

  /** Splits {@code columns} numbers of a row that is alone. */
  static void splitOne(float[] source, int at, int columns, MemorySegment to) {
    MethodHandle kernel = present(SPLIT_ONE);
    try {
      kernel.invokeExact(MemorySegment.ofArray(source).asSlice(4L * at), (long) columns, to);
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }
}

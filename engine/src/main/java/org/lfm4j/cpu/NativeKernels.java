package org.lfm4j.cpu;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Matrices of BF16 in C, where there is no AMX ({@link AmxKernels}). They give the same bits as
 * {@link Gemv} and {@link Gemm}.
 */
final class NativeKernels {
  /** Whether they can be used; {@code -Dlfm4j.native=false} turns them off. */
  static final boolean AVAILABLE;

  /** The bits depend on how many lanes there are: kernels must have as many as the Java code. */
  static final String INSTRUCTIONS =
      switch (Simd.LANES) {
        case 16 -> "avx512";
        case 8 -> "avx2";
        default -> "neon";
      };

  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  // A constant: only then is a call compiled to a plain one.
  private static final @Nullable MethodHandle BF16_ROWS;

  static {
    AVAILABLE = NativeLibrary.has(INSTRUCTIONS);
    BF16_ROWS =
        AVAILABLE
            ? NativeLibrary.kernel(
                "lfm4j_bf16_rows_" + INSTRUCTIONS,
                FunctionDescriptor.ofVoid(
                    POINTER,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    POINTER,
                    ValueLayout.JAVA_LONG,
                    POINTER,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT))
            : null;
  }

  private NativeKernels() {}

  /** Does what {@link MatMul#rows} says for a matrix of BF16. */
  static void bf16Rows(
      FloatMatrix w,
      int from,
      int to,
      float[] x,
      int xAt,
      int count,
      float[] out,
      int outAt,
      int stride,
      boolean add) {
    MethodHandle kernel = BF16_ROWS;
    if (kernel == null) {
      throw new IllegalStateException("there are no kernels in C here: ask AVAILABLE first");
    }
    long rowBytes = 2L * w.columns();
    try {
      kernel.invokeExact(
          w.data().asSlice(from * rowBytes, (to - from) * rowBytes),
          (long) (to - from),
          (long) w.columns(),
          MemorySegment.ofArray(x).asSlice(4L * xAt),
          (long) count,
          MemorySegment.ofArray(out).asSlice(4L * (outAt + from)),
          (long) stride,
          add ? 1 : 0);
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }
}

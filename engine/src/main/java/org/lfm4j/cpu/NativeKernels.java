package org.lfm4j.cpu;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import org.lfm4j.kernels.NativeLibrary;

/**
 * Matrices of BF16, where there is no AMX ({@link AmxKernels}), and of FP32 in C. They give the
 * same bits as {@link Gemv} and {@link Gemm}.
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

  // Constants: only then is a call compiled to a plain one.
  private static final @Nullable MethodHandle BF16_ROWS;
  private static final @Nullable MethodHandle F32_ROWS;

  static {
    AVAILABLE = NativeLibrary.has(INSTRUCTIONS);
    BF16_ROWS = kernel("bf16");
    F32_ROWS = kernel("f32");
  }

  private NativeKernels() {}

  private static @Nullable MethodHandle kernel(String type) {
    return AVAILABLE
        ? NativeLibrary.kernel(
            "lfm4j_%s_rows_%s".formatted(type, INSTRUCTIONS),
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

  /** Does what {@link MatMul#wholeFloats} says. */
  static void rows(
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
    MethodHandle kernel = w.bf16() ? BF16_ROWS : F32_ROWS;
    if (kernel == null) {
      throw new IllegalStateException("there are no kernels in C here: ask AVAILABLE first");
    }
    // Rows of BF16 are whole steps as they are.
    long columns = Simd.pad(w.columns());
    long rowBytes = (w.bf16() ? 2 : 4) * columns;
    try {
      kernel.invokeExact(
          w.data().asSlice(from * rowBytes, (to - from) * rowBytes),
          (long) (to - from),
          columns,
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

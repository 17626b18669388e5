package org.lfm4j.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import org.lfm4j.kernels.NativeLibrary;

/** The loops of {@link Elementwise} in C ({@code elementwise.h}). */
final class NativeElementwise {
  /** Whether they can be used; {@code -Dlfm4j.native=false} turns them off. */
  static final boolean AVAILABLE = NativeKernels.AVAILABLE;

  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  // Constants: only then is a call compiled to a plain one.
  private static final @Nullable MethodHandle SWIGLU =
      kernel(
          "swiglu", FunctionDescriptor.ofVoid(POINTER, JAVA_LONG, POINTER, JAVA_LONG, JAVA_LONG));
  private static final @Nullable MethodHandle RMS_NORM =
      kernel(
          "rms_norm",
          FunctionDescriptor.ofVoid(
              POINTER, JAVA_LONG, POINTER, JAVA_FLOAT, JAVA_LONG, POINTER, JAVA_LONG));
  private static final @Nullable MethodHandle MULTIPLY =
      kernel(
          "multiply", FunctionDescriptor.ofVoid(POINTER, JAVA_LONG, POINTER, JAVA_LONG, JAVA_LONG));
  private static final @Nullable MethodHandle ADD_PRODUCTS =
      kernel(
          "add_products",
          FunctionDescriptor.ofVoid(
              POINTER, JAVA_LONG, POINTER, JAVA_LONG, POINTER, JAVA_LONG, JAVA_LONG));
  private static final @Nullable MethodHandle ADD_SCALED =
      kernel(
          "add_scaled",
          FunctionDescriptor.ofVoid(POINTER, JAVA_LONG, JAVA_FLOAT, POINTER, JAVA_LONG, JAVA_LONG));
  private static final @Nullable MethodHandle DOT =
      kernel(
          "dot",
          FunctionDescriptor.of(JAVA_FLOAT, POINTER, JAVA_LONG, POINTER, JAVA_LONG, JAVA_LONG));
  private static final @Nullable MethodHandle PACK =
      kernel(
          "pack",
          FunctionDescriptor.ofVoid(POINTER, JAVA_LONG, JAVA_LONG, POINTER, JAVA_LONG, JAVA_LONG));
  private static final @Nullable MethodHandle GREATEST =
      kernel("greatest", FunctionDescriptor.of(JAVA_FLOAT, POINTER, JAVA_LONG, JAVA_LONG));
  private static final @Nullable MethodHandle WEIGHTS =
      kernel(
          "weights", FunctionDescriptor.of(JAVA_FLOAT, POINTER, JAVA_LONG, JAVA_LONG, JAVA_FLOAT));
  private static final @Nullable MethodHandle TWO_ROWS =
      kernel(
          "two_rows",
          FunctionDescriptor.ofVoid(
              POINTER, JAVA_LONG, JAVA_LONG, JAVA_LONG, POINTER, JAVA_LONG, JAVA_LONG, POINTER,
              JAVA_LONG, JAVA_LONG));

  private NativeElementwise() {}

  /** Does nothing but link these kernels, where that has not been done. */
  static void link() {}

  private static @Nullable MethodHandle kernel(String name, FunctionDescriptor type) {
    return AVAILABLE
        ? NativeLibrary.kernel("lfm4j_" + name + "_" + NativeKernels.INSTRUCTIONS, type)
        : null;
  }

  private static MethodHandle present(@Nullable MethodHandle kernel) {
    if (kernel == null) {
      throw new IllegalStateException("there are no kernels in C here: ask AVAILABLE first");
    }
    return kernel;
  }

  static void swiGlu(float[] gate, int gateAt, float[] up, int upAt, int n) {
    MethodHandle kernel = present(SWIGLU);
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(gate),
          (long) gateAt,
          MemorySegment.ofArray(up),
          (long) upAt,
          (long) n);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static void rmsNorm(float[] x, int xAt, float[] weight, float eps, float[] out, int outAt) {
    MethodHandle kernel = present(RMS_NORM);
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(x),
          (long) xAt,
          MemorySegment.ofArray(weight),
          eps,
          (long) weight.length,
          MemorySegment.ofArray(out),
          (long) outAt);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static void multiply(float[] a, int aAt, float[] b, int bAt, int n) {
    MethodHandle kernel = present(MULTIPLY);
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(a), (long) aAt, MemorySegment.ofArray(b), (long) bAt, (long) n);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static void addProducts(float[] a, int aAt, float[] b, int bAt, float[] out, int outAt, int n) {
    MethodHandle kernel = present(ADD_PRODUCTS);
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(a),
          (long) aAt,
          MemorySegment.ofArray(b),
          (long) bAt,
          MemorySegment.ofArray(out),
          (long) outAt,
          (long) n);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static void addScaled(float[] x, int at, float scale, float[] out, int outAt, int n) {
    MethodHandle kernel = present(ADD_SCALED);
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(x),
          (long) at,
          scale,
          MemorySegment.ofArray(out),
          (long) outAt,
          (long) n);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static float dot(float[] a, int aAt, float[] b, int bAt, int n) {
    MethodHandle kernel = present(DOT);
    try {
      return (float)
          kernel.invokeExact(
              MemorySegment.ofArray(a), (long) aAt, MemorySegment.ofArray(b), (long) bAt, (long) n);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static void pack(float[] source, int in, int steps, float[] packed, int at, int apart) {
    MethodHandle kernel = present(PACK);
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(source),
          (long) in,
          (long) steps,
          MemorySegment.ofArray(packed),
          (long) at,
          (long) apart);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static float greatest(float[] x, int at, int n) {
    MethodHandle kernel = present(GREATEST);
    try {
      return (float) kernel.invokeExact(MemorySegment.ofArray(x), (long) at, (long) n);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static float weights(float[] x, int at, int n, float most) {
    MethodHandle kernel = present(WEIGHTS);
    try {
      return (float) kernel.invokeExact(MemorySegment.ofArray(x), (long) at, (long) n, most);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  static void twoRows(
      float[] a,
      int a0,
      int a1,
      int n,
      float[] b,
      int bAt,
      int columns,
      float[] c,
      int c0,
      int c1) {
    MethodHandle kernel = present(TWO_ROWS);
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(a),
          (long) a0,
          (long) a1,
          (long) n,
          MemorySegment.ofArray(b),
          (long) bAt,
          (long) columns,
          MemorySegment.ofArray(c),
          (long) c0,
          (long) c1);
    } catch (Throwable t) {
      throw nothing(t);
    }
  }

  private static AssertionError nothing(Throwable t) {
    return new AssertionError("a kernel throws nothing", t);
  }
}

package org.lfm4j.sampling;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import org.lfm4j.kernels.NativeLibrary;

/** The largest of every block of numbers, in C ({@code elementwise.h}): four times as fast. */
final class NativeMaxima {
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  // A constant: only then is a call compiled to a plain one.
  private static final @Nullable MethodHandle KERNEL =
      NativeLibrary.vectors()
          .map(vectors ->
              NativeLibrary.kernel(
                  "lfm4j_block_maxima_" + vectors,
                  FunctionDescriptor.ofVoid(
                      POINTER,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_LONG,
                      POINTER)))
          .orElse(null);

  /** Whether it can be used; {@code -Dlfm4j.native=false} turns it off. */
  static final boolean AVAILABLE = KERNEL != null;

  private final MemorySegment largest;
  private final int block;

  // The array of the last call, which the next has too: a segment for each would be garbage.
  private float[] array = {};
  private MemorySegment segment = MemorySegment.ofArray(array);

  /** Will write the largest of block i, of {@code block} numbers, to {@code largest[i]}. */
  NativeMaxima(float[] largest, int block) {
    this.largest = MemorySegment.ofArray(largest);
    this.block = block;
  }

  /** Finds the largest of each block of {@code n} numbers, or NaN where one of them is. */
  @SuppressWarnings("ReferenceEquality") // It is the same array, not one like it, that is meant.
  void scan(float[] x, int at, int n) {
    MethodHandle kernel = KERNEL;
    if (kernel == null) {
      throw new IllegalStateException("there are no kernels in C here: ask AVAILABLE first");
    }
    if (x != array) {
      array = x;
      segment = MemorySegment.ofArray(x);
    }
    try {
      kernel.invokeExact(segment, (long) at, (long) n, (long) block, largest);
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }
}

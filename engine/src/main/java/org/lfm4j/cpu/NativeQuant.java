package org.lfm4j.cpu;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.kernels.NativeLibrary;
import org.lfm4j.tensor.DType;

/**
 * Quantised matrices in C. They give the same bits as {@link QuantMatMul}, whatever the vectors.
 */
final class NativeQuant {
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;
  private static final FunctionDescriptor ROWS =
      FunctionDescriptor.ofVoid(
          ValueLayout.JAVA_INT,
          POINTER,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          POINTER,
          POINTER,
          POINTER,
          ValueLayout.JAVA_LONG,
          POINTER,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT);

  /** Longer rows would need more stack than a thread has. */
  private static final int MOST_COLUMNS = 1 << 16;

  // A constant: only then is a call compiled to a plain one.
  private static final @Nullable MethodHandle KERNEL =
      kernel("amxint8")
          .or(() -> kernel("avx512vnni"))
          .or(() -> kernel("avx2"))
          .or(() -> kernel("dotprod"))
          .orElse(null);

  /** Whether activations can be quantised here. */
  static final boolean QUANTISES;

  private static final @Nullable MethodHandle QUANTISE;

  /** Whether tiles can be filled here. */
  static final boolean FILLS;

  private static final @Nullable MethodHandle FILL;

  static {
    boolean neon = NativeLibrary.has("neon");
    QUANTISES = neon || NativeLibrary.has("avx2");
    FILLS = QUANTISES;
    FILL =
        FILLS
            ? NativeLibrary.kernel(
                "lfm4j_fill_tiles",
                FunctionDescriptor.ofVoid(
                    ValueLayout.JAVA_INT,
                    POINTER,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    POINTER))
            : null;
    QUANTISE =
        QUANTISES
            ? NativeLibrary.kernel(
                neon ? "lfm4j_quantise_neon" : "lfm4j_quantise_avx2",
                FunctionDescriptor.ofVoid(
                    POINTER,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    POINTER,
                    POINTER,
                    POINTER))
            : null;
  }

  private NativeQuant() {}

  /** Does what {@link QuantRows#groups} says. */
  static void quantise(float[] source, int in, int count, QuantRows rows, int at) {
    MethodHandle kernel = QUANTISE;
    if (kernel == null) {
      throw new IllegalStateException("there are no kernels in C here: ask QUANTISES first");
    }
    try {
      kernel.invokeExact(
          MemorySegment.ofArray(source).asSlice(4L * in),
          (long) rows.length,
          (long) count,
          MemorySegment.ofArray(rows.values).asSlice(at),
          MemorySegment.ofArray(rows.scales).asSlice((long) at / rows.length * Float.BYTES),
          MemorySegment.ofArray(rows.sums).asSlice((long) at / QuantRows.SUM * Integer.BYTES));
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }

  /** Does what {@link QuantTiles#fill} says for tiles [from, end), all of whose rows there are. */
  static void fill(QuantTiles tiles, MemorySegment source, int from, int end, MemorySegment to) {
    MethodHandle kernel = FILL;
    if (kernel == null) {
      throw new IllegalStateException("there are no kernels in C here: ask FILLS first");
    }
    long rows = (long) from * QuantTiles.ROWS;
    long rowBytes = tiles.type().rowBytes(tiles.columns());
    try {
      kernel.invokeExact(
          number(tiles.type()),
          source.asSlice(rows * rowBytes),
          (long) (end - from),
          (long) tiles.blocks(),
          to.asSlice(from * tiles.tileBytes()));
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }

  /** Returns the kernel for an instruction set, if this machine has it. */
  static Optional<MethodHandle> kernel(String instructions) {
    return NativeLibrary.has(instructions)
        ? Optional.of(NativeLibrary.kernel("lfm4j_quant_rows_" + instructions, ROWS))
        : Optional.empty();
  }

  /** Returns whether there is a kernel for a matrix here. */
  static boolean available(QuantMatrix w) {
    return KERNEL != null && w.columns() <= MOST_COLUMNS;
  }

  /** Does what {@link QuantMatMul#rows} says. */
  static void rows(
      QuantMatrix w,
      int from,
      int to,
      QuantRows x,
      int firstRow,
      int count,
      float[] out,
      int outAt,
      int stride,
      boolean add) {
    MethodHandle kernel = KERNEL;
    if (kernel == null) {
      throw new IllegalStateException("there are no kernels in C here: ask available() first");
    }
    rows(kernel, w, from, to, x, firstRow, count, out, outAt, stride, add);
  }

  /** Does the same with a certain kernel; a constant one is compiled to a plain call. */
  static void rows(
      MethodHandle kernel,
      QuantMatrix w,
      int from,
      int to,
      QuantRows x,
      int firstRow,
      int count,
      float[] out,
      int outAt,
      int stride,
      boolean add) {
    QuantTiles tiles = w.tiles();
    long at = from / QuantTiles.ROWS * tiles.tileBytes();
    long first = (long) firstRow * w.columns();
    try {
      kernel.invokeExact(
          number(w.type()),
          w.data().asSlice(at),
          (long) (to - from),
          (long) w.columns(),
          MemorySegment.ofArray(x.values).asSlice(first),
          MemorySegment.ofArray(x.scales).asSlice(first / x.length * Float.BYTES),
          MemorySegment.ofArray(x.sums).asSlice(first / QuantRows.SUM * Integer.BYTES),
          (long) count,
          MemorySegment.ofArray(out).asSlice(4L * (outAt + from)),
          (long) stride,
          add ? 1 : 0);
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }

  /** As {@code quant_types.h} has them. */
  private static int number(DType type) {
    return switch (type) {
      case Q8_0 -> 0;
      case Q4_0 -> 1;
      case Q4_K -> 2;
      case Q5_K -> 3;
      case Q6_K -> 4;
      default -> throw new IllegalArgumentException(type + " has no blocks");
    };
  }
}

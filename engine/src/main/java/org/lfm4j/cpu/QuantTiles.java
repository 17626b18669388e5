package org.lfm4j.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import org.lfm4j.tensor.BlockFormat;
import org.lfm4j.tensor.DType;

/**
 * Quantised weights in the order in which kernels read them: sixteen rows side by side.
 *
 * <p>Lanes of a vector are rows, so that products of many rows are added without ever adding the
 * lanes of one vector, and scales of sixteen rows lie together. Four consecutive elements of a row
 * (or two times four, in the low and high halves of their bytes) stay together as one int; sixteen
 * rows of such ints are one line of 64 bytes. A tile is the heads of all its blocks, then, from the
 * next multiple of 64 bytes, the lines of all its blocks.
 *
 * <p>The ints of a block keep the order that they have in {@link BlockFormat}; those with upper
 * bits come before those with low halves. The head of a block of sixteen rows is
 *
 * <ul>
 *   <li>Q8_0, Q4_0: d[16], F16, 32 bytes,
 *   <li>Q4_K, Q5_K: d[16], dmin[16], F16, then scale[8][16] and minimum[8][16], bytes: 320 bytes,
 *   <li>Q6_K: d[16], F16, 32 bytes of nothing, then scale[16][16], signed bytes: 320 bytes.
 * </ul>
 *
 * @param type a quantised type
 * @param columns row length, a multiple of its block
 */
record QuantTiles(DType type, int columns) {
  /** Rows side by side. */
  static final int ROWS = 16;

  /** Alignment of the data, and bytes of a line. */
  static final int ALIGNMENT = 64;

  private static final int LINE = 64;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  static QuantTiles of(DType type, int columns) {
    return new QuantTiles(type, columns);
  }

  /** Returns the blocks of a row. */
  int blocks() {
    return columns / type.elements();
  }

  /** Returns the bytes of a block's head. */
  int headBytes() {
    return type.elements() == BlockFormat.GROUP ? 32 : 320;
  }

  /** Returns how many lines a block has. */
  int lines() {
    return switch (type) {
      case Q8_0 -> 8;
      case Q4_0 -> 4;
      case Q4_K -> 32;
      case Q5_K -> 8 + 32;
      case Q6_K -> 16 + 32;
      default -> throw new IllegalArgumentException(type + " has no blocks");
    };
  }

  /** Returns where the lines begin in a tile. */
  long linesAt() {
    return ((long) blocks() * headBytes() + LINE - 1) / LINE * LINE;
  }

  /** Returns the bytes of a tile. */
  long tileBytes() {
    return linesAt() + (long) blocks() * lines() * LINE;
  }

  /** Returns the bytes of all tiles of a matrix. */
  long bytes(int rows) {
    return (rows + ROWS - 1) / ROWS * tileBytes();
  }

  /**
   * Copies all rows.
   *
   * @param source rows as {@link BlockFormat} says
   * @param to tiles, zero before
   */
  void fill(MemorySegment source, int rows, MemorySegment to) {
    int tiles = (rows + ROWS - 1) / ROWS;
    int parts = Math.min(tiles, 4 * Runtime.getRuntime().availableProcessors());
    IntStream.range(0, parts)
        .parallel()
        .forEach(part -> {
          int from = (int) ((long) tiles * part / parts);
          int end = (int) ((long) tiles * (part + 1) / parts);
          int whole = Math.clamp(rows / ROWS, from, end);
          if (NativeQuant.FILLS && source.isNative()) {
            NativeQuant.fill(this, source, from, whole, to);
          } else {
            fill(source, rows, from, whole, to);
          }
          fill(source, rows, whole, end, to);
        });
  }

  /** Fills tiles [from, end). */
  void fill(MemorySegment source, int rows, int from, int end, MemorySegment to) {
    long rowBytes = type.rowBytes(columns);
    for (int tile = from; tile < end; tile++) {
      MemorySegment tileMemory = to.asSlice(tile * tileBytes(), tileBytes());
      for (int block = 0; block < blocks(); block++) {
        for (int r = 0; r < Math.min(ROWS, rows - tile * ROWS); r++) {
          long at = (tile * (long) ROWS + r) * rowBytes + (long) block * type.bytes();
          fillBlock(source, at, tileMemory, block, r);
        }
      }
    }
  }

  private void fillBlock(MemorySegment source, long at, MemorySegment tile, int block, int r) {
    long head = (long) block * headBytes();
    long lines = linesAt() + (long) block * lines() * LINE + 4L * r;
    switch (type) {
      case Q8_0, Q4_0 -> {
        tile.set(SHORT, head + 2L * r, source.get(SHORT, at));
        copyInts(source, at + 2, lines(), tile, lines);
      }
      case Q4_K, Q5_K -> {
        tile.set(SHORT, head + 2L * r, source.get(SHORT, at));
        tile.set(SHORT, head + 32 + 2L * r, source.get(SHORT, at + 2));
        for (int group = 0; group < 8; group++) {
          int scale = BlockFormat.scale(source, at + 4, group);
          int minimum = BlockFormat.minimum(source, at + 4, group);
          tile.set(BYTE, head + 64 + (long) group * ROWS + r, (byte) scale);
          tile.set(BYTE, head + 192 + (long) group * ROWS + r, (byte) minimum);
        }
        copyInts(source, at + 16, lines(), tile, lines);
      }
      case Q6_K -> {
        tile.set(SHORT, head + 2L * r, source.get(SHORT, at + 208));
        for (int group = 0; group < 16; group++) {
          tile.set(BYTE, head + 64 + (long) group * ROWS + r, source.get(BYTE, at + 192 + group));
        }
        copyInts(source, at + 128, 16, tile, lines);
        copyInts(source, at, 32, tile, lines + 16L * LINE);
      }
      default -> throw new IllegalArgumentException(type + " has no blocks");
    }
  }

  private static void copyInts(
      MemorySegment source, long at, int count, MemorySegment tile, long to) {
    for (int i = 0; i < count; i++) {
      tile.set(INT, to + (long) i * LINE, source.get(INT, at + 4L * i));
    }
  }
}

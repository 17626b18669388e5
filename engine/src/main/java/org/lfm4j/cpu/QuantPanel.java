package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.LANES;
import static org.lfm4j.cpu.Vectors.FLOATS;
import static org.lfm4j.cpu.Vectors.INTS;
import static org.lfm4j.cpu.Vectors.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.lfm4j.tensor.BlockFormat;

/**
 * One block of a tile, widened: elements as floats without their scales, and the scales. Sixteen
 * rows lie side by side.
 */
final class QuantPanel {
  private static final int ROWS = QuantTiles.ROWS;
  private static final int LINE = QuantTiles.ALIGNMENT;
  private static final int LINE_FLOATS = 4 * ROWS;

  /** Elements [columns of the block][16], whole numbers. */
  private final float[] elements;

  /** Scale of the whole block [16]. */
  final float[] d = new float[ROWS];

  /** Factor of the minima [16]; zeros where there are none. */
  final float[] dmin = new float[ROWS];

  /** Whole-number scales [groups][16]. */
  final float[] scales = new float[ROWS * ROWS];

  /** Whole-number minima [groups][16]. */
  final float[] minima = new float[8 * ROWS];

  /**
   * @param elements memory for 256 x 16 floats
   */
  QuantPanel(float[] elements) {
    this.elements = elements;
  }

  /** Reads a block of the tile that begins at {@code tileAt}. */
  void read(QuantTiles tiles, MemorySegment data, long tileAt, int block) {
    long head = tileAt + (long) block * tiles.headBytes();
    long lines = tileAt + tiles.linesAt() + (long) block * tiles.lines() * LINE;
    for (int r = 0; r < ROWS; r++) {
      d[r] = BlockFormat.half(data, head + 2L * r);
    }
    switch (tiles.type()) {
      case Q8_0 -> {
        for (int line = 0; line < 8; line++) {
          bytes(data, lines + (long) line * LINE, line * LINE_FLOATS);
        }
      }
      case Q4_0 -> {
        for (int line = 0; line < 4; line++) {
          long at = lines + (long) line * LINE;
          halves(data, at, 0, 0, 0, 8, line * LINE_FLOATS);
          halves(data, at, 4, 0, 0, 8, (line + 4) * LINE_FLOATS);
        }
      }
      case Q4_K, Q5_K -> {
        scalesAndMinima(data, head);
        boolean five = tiles.lines() > 32;
        long low = five ? lines + 8 * LINE : lines;
        for (int line = 0; line < 32; line++) {
          int group = line / 8 * 2;
          int to = group * 8 + line % 8;
          long at = low + (long) line * LINE;
          long upper = five ? lines + line % 8L * LINE : 0;
          halves(data, at, 0, upper, group, 0, to * LINE_FLOATS);
          halves(data, at, 4, upper, group + 1, 0, (to + 8) * LINE_FLOATS);
        }
      }
      case Q6_K -> {
        for (int i = 0; i < ROWS * ROWS; i++) {
          scales[i] = data.get(ValueLayout.JAVA_BYTE, head + 64 + i);
        }
        for (int line = 0; line < 64; line++) {
          int half = line / 32;
          int group = line % 32 / 8;
          long at = lines + (16 + half * 16 + group % 2 * 8 + line % 8) * (long) LINE;
          long upper = lines + (half * 8 + line % 8) * (long) LINE;
          sixBits(data, at, group / 2 * 4, upper, 2 * group, line * LINE_FLOATS);
        }
      }
      default -> throw new IllegalArgumentException(tiles.type() + " has no blocks");
    }
  }

  private void scalesAndMinima(MemorySegment data, long head) {
    for (int r = 0; r < ROWS; r++) {
      dmin[r] = BlockFormat.half(data, head + 32 + 2L * r);
    }
    for (int i = 0; i < 8 * ROWS; i++) {
      scales[i] = BlockFormat.unsigned(data, head + 64 + i);
      minima[i] = BlockFormat.unsigned(data, head + 192 + i);
    }
  }

  private static IntVector load(MemorySegment data, long at) {
    return IntVector.fromMemorySegment(INTS, data, at, ORDER);
  }

  private void store(IntVector values, int at) {
    ((FloatVector) values.convertShape(VectorOperators.I2F, FLOATS, 0)).intoArray(elements, at);
  }

  /** Four signed columns of a line. */
  private void bytes(MemorySegment data, long at, int to) {
    for (int r = 0; r < ROWS; r += LANES) {
      IntVector line = load(data, at + 4L * r);
      for (int c = 0; c < 4; c++) {
        IntVector top = line.lanewise(VectorOperators.LSHL, 24 - 8 * c);
        store(top.lanewise(VectorOperators.ASHR, 24), to + c * ROWS + r);
      }
    }
  }

  /**
   * Four columns from halves of a line's bytes.
   *
   * @param shift 0 for the low half, 4 for the high one
   * @param upper line with a fifth bit, or 0
   * @param bit which bit of it
   * @param less taken away from each
   */
  private void halves(
      MemorySegment data, long at, int shift, long upper, int bit, int less, int to) {
    for (int r = 0; r < ROWS; r += LANES) {
      IntVector line = load(data, at + 4L * r);
      for (int c = 0; c < 4; c++) {
        IntVector value = line.lanewise(VectorOperators.LSHR, 8 * c + shift).and(15);
        if (upper != 0) {
          IntVector fifth = load(data, upper + 4L * r).lanewise(VectorOperators.LSHR, 8 * c + bit);
          value = value.or(fifth.and(1).lanewise(VectorOperators.LSHL, 4));
        }
        store(value.sub(less), to + c * ROWS + r);
      }
    }
  }

  private void sixBits(MemorySegment data, long at, int shift, long upper, int bits, int to) {
    for (int r = 0; r < ROWS; r += LANES) {
      IntVector line = load(data, at + 4L * r);
      IntVector more = load(data, upper + 4L * r);
      for (int c = 0; c < 4; c++) {
        IntVector value = line.lanewise(VectorOperators.LSHR, 8 * c + shift).and(15);
        IntVector top = more.lanewise(VectorOperators.LSHR, 8 * c + bits).and(3);
        store(value.or(top.lanewise(VectorOperators.LSHL, 4)).sub(32), to + c * ROWS + r);
      }
    }
  }
}

package org.lfm4j.tensor;

/**
 * How stored weights are written. Floats have one element a block; the quantised types of GGUF
 * files have blocks of consecutive elements of one row that share scales ({@link BlockFormat} says
 * how each is laid out).
 */
public enum DType {
  /** IEEE 754 single precision. */
  F32(1, 4),
  /** bfloat16: the upper half of an F32. */
  BF16(1, 2),
  /** IEEE 754 half precision. */
  F16(1, 2),
  /** 8 bits: 32 signed bytes and their scale. */
  Q8_0(32, 34),
  /** 4 bits: 32 values in [-8, 7] and their scale. */
  Q4_0(32, 18),
  /** 4 bits: 256 values in [0, 15]; each 32 of them have a scale and a least value of 6 bits. */
  Q4_K(256, 144),
  /** 5 bits: as {@link #Q4_K} with values in [0, 31]. */
  Q5_K(256, 176),
  /** 6 bits: 256 values in [-32, 31]; each 16 of them have a scale of 8 bits. */
  Q6_K(256, 210);

  private final int elements;
  private final int bytes;

  DType(int elements, int bytes) {
    this.elements = elements;
    this.bytes = bytes;
  }

  /** Returns the elements of one block, 1 for floats: rows are whole numbers of blocks. */
  public int elements() {
    return elements;
  }

  /** Returns the size of one block in bytes, for floats that of one element. */
  public int bytes() {
    return bytes;
  }

  /** Returns whether several elements share a scale. */
  public boolean quantised() {
    return elements > 1;
  }

  /**
   * Returns the bytes of a row.
   *
   * @param columns elements, a whole number of blocks
   */
  public long rowBytes(long columns) {
    return columns / elements * bytes;
  }
}

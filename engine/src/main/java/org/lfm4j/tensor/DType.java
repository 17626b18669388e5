package org.lfm4j.tensor;

/** Element types of stored weights. */
public enum DType {
  /** IEEE 754 single precision. */
  F32(4),
  /** bfloat16: the upper half of an F32. */
  BF16(2),
  /** IEEE 754 half precision. */
  F16(2);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return bytes;
  }
}

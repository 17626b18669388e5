package org.lfm4j.cuda.driver;

import java.util.Objects;

/**
 * A range of device memory that somebody else owns.
 *
 * @param address device address
 * @param bytes length
 */
public record DeviceSpan(long address, long bytes) {

  /**
   * Returns a part.
   *
   * @throws IndexOutOfBoundsException if it reaches beyond
   */
  public DeviceSpan slice(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, bytes);
    return new DeviceSpan(address + offset, length);
  }

  void checkSize(long other) {
    if (bytes != other) {
      throw new IllegalArgumentException(
          "a copy of %d bytes to or from %d bytes of device memory".formatted(other, bytes));
    }
  }
}

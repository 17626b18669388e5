package org.lfm4j.cuda.driver;

/** An allocation of device memory. Closing it frees it; CUDA waits for kernels that use it. */
public final class DeviceMemory implements AutoCloseable {
  private final DeviceSpan span;
  private boolean closed;

  private DeviceMemory(DeviceSpan span) {
    this.span = span;
  }

  static DeviceMemory allocate(Context context, long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("an allocation of %d bytes".formatted(bytes));
    }
    try {
      return new DeviceMemory(
          new DeviceSpan(Driver.longFrom(out -> Driver.MEM_ALLOC.call(out, bytes)), bytes));
    } catch (CudaException e) {
      if (!e.isOutOfMemory()) {
        throw e;
      }
      Context.MemoryInfo memory = context.memory();
      throw new CudaException(
          e.code(),
          e.name(),
          "%s: %d of %d bytes are free".formatted(e.text(), memory.free(), memory.total()),
          "%s of %d bytes".formatted(e.call(), bytes),
          e.device());
    }
  }

  /** Returns the device address, at least 256-byte aligned. */
  public long address() {
    return span.address();
  }

  /** Returns the size. */
  public long bytes() {
    return span.bytes();
  }

  /** Returns all of it as a span, valid until this is closed. */
  public DeviceSpan span() {
    return span;
  }

  /**
   * Returns a part, valid until this is closed.
   *
   * @throws IndexOutOfBoundsException if it reaches beyond
   */
  public DeviceSpan slice(long offset, long length) {
    return span.slice(offset, length);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Driver.MEM_FREE.call(span.address());
    }
  }
}

package org.lfm4j.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Page-locked host memory. Any thread may read and write {@link #segment}, whatever its context;
 * after {@link #close} the segment refuses access.
 */
@SuppressWarnings("restricted") // CUDA says how long its allocation is.
public final class PinnedMemory implements AutoCloseable {
  private static final int PORTABLE = 1;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;
  private boolean closed;

  PinnedMemory(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("an allocation of %d bytes".formatted(bytes));
    }
    long address = Driver.longFrom(out -> Driver.MEM_HOST_ALLOC.call(out, bytes, PORTABLE));
    this.segment = MemorySegment.ofAddress(address).reinterpret(bytes, arena, null);
  }

  /** Returns the memory. */
  public MemorySegment segment() {
    return segment;
  }

  /** Returns the size. */
  public long bytes() {
    return segment.byteSize();
  }

  /** Frees the memory; copies from and to it must be done. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arena.close();
      Driver.MEM_FREE_HOST.call(segment.address());
    }
  }
}

package org.lfm4j.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The primary context of a device: memory, streams, modules and graphs live in it.
 *
 * <p>A context is current per platform thread, so a GPU belongs to one thread, its owner: that
 * which opened the context. Other platform threads may use it after {@link #makeCurrent}; virtual
 * threads may not, because they move between platform threads.
 */
public final class Context implements AutoCloseable {
  private final Device device;
  private final long handle;
  private boolean closed;

  Context(Device device) {
    this.device = device;
    this.handle = Driver.longFrom(out -> Driver.PRIMARY_CTX_RETAIN.call(out, device.handle()));
    makeCurrent();
  }

  /** Returns the device that this is a context of. */
  public Device device() {
    return device;
  }

  /**
   * Makes the context current on the calling thread.
   *
   * @throws IllegalStateException on a virtual thread
   */
  public void makeCurrent() {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "a CUDA context is current on a platform thread, and virtual threads move between them");
    }
    Driver.CTX_SET_CURRENT.call(handle);
    Driver.setCurrentDevice(device.ordinal());
  }

  /**
   * Memory of a device.
   *
   * @param free bytes that can be allocated now
   * @param total bytes in all
   */
  public record MemoryInfo(long free, long total) {}

  /** Returns how much device memory is free. */
  public MemoryInfo memory() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG, 2);
      Driver.MEM_GET_INFO.call(out, out.asSlice(JAVA_LONG.byteSize()));
      return new MemoryInfo(out.getAtIndex(JAVA_LONG, 0), out.getAtIndex(JAVA_LONG, 1));
    }
  }

  /** Allocates device memory, at least 256-byte aligned, with any content. */
  public DeviceMemory allocate(long bytes) {
    return DeviceMemory.allocate(this, bytes);
  }

  /** Allocates page-locked host memory, from and to which copies run without the host. */
  public PinnedMemory allocatePinned(long bytes) {
    return new PinnedMemory(bytes);
  }

  /** Makes a stream that doesn't synchronise with the default stream. */
  public Stream stream() {
    return new Stream();
  }

  /** Makes an event that measures time. */
  public Event event() {
    return new Event(true);
  }

  /** Makes an event that only orders work, which is cheaper. */
  public Event orderingEvent() {
    return new Event(false);
  }

  /** Loads a cubin. */
  public KernelModule load(byte[] cubin) {
    return new KernelModule(cubin);
  }

  /** Copies host memory to the device and waits; the sizes must be equal. */
  public void upload(DeviceSpan to, MemorySegment from) {
    to.checkSize(from.byteSize());
    Driver.COPY_TO_DEVICE.call(to.address(), from, from.byteSize());
  }

  /** Copies device memory to the host and waits; the sizes must be equal. */
  public void download(MemorySegment to, DeviceSpan from) {
    from.checkSize(to.byteSize());
    Driver.COPY_TO_HOST.call(to, from.address(), from.bytes());
  }

  /** Copies device memory and waits for nothing but earlier work; the sizes must be equal. */
  public void copy(DeviceSpan to, DeviceSpan from) {
    to.checkSize(from.bytes());
    Driver.COPY_ON_DEVICE.call(to.address(), from.address(), from.bytes());
  }

  /** Waits until the device has done everything, and throws what went wrong in a kernel. */
  public void synchronize() {
    Driver.CTX_SYNCHRONIZE.call();
  }

  /** Releases the context; what was made from it must be closed before. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Driver.PRIMARY_CTX_RELEASE.call(device.handle());
    }
  }
}

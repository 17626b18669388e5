package org.lfm4j.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Loaded device code. */
public final class KernelModule implements AutoCloseable {
  private final long handle;
  private boolean closed;

  KernelModule(byte[] cubin) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment image = arena.allocateFrom(JAVA_BYTE, cubin);
      this.handle = Driver.longFrom(out -> Driver.MODULE_LOAD_DATA.call(out, image));
    }
  }

  /**
   * Returns a kernel, valid until this is closed.
   *
   * @param name of a function that is {@code extern "C" __global__}
   */
  public Kernel kernel(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(name);
      return new Kernel(
          name, Driver.longFrom(out -> Driver.MODULE_GET_FUNCTION.call(out, handle, text)));
    } catch (CudaException e) {
      throw new CudaException(
          e.code(), e.name(), e.text(), "%s(%s)".formatted(e.call(), name), e.device());
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Driver.MODULE_UNLOAD.call(handle);
    }
  }
}

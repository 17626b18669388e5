package org.lfm4j.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A function that runs on the device. */
public final class Kernel {
  private static final int LOCAL_SIZE_BYTES = 3;
  private static final int NUM_REGS = 4;
  private static final int MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

  private final String name;
  private final long handle;

  Kernel(String name, long handle) {
    this.name = name;
    this.handle = handle;
  }

  /** Returns its name in the source. */
  public String name() {
    return name;
  }

  long handle() {
    return handle;
  }

  /** Lets blocks have up to this much dynamic shared memory: needed above 48 KiB. */
  public Kernel allowShared(int bytes) {
    Driver.FUNC_SET_ATTRIBUTE.call(handle, MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes);
    return this;
  }

  /** Returns the registers of a thread. */
  public int registers() {
    return attribute(NUM_REGS);
  }

  /** Returns the bytes of local memory of a thread: above 0 it may spill registers. */
  public int localBytes() {
    return attribute(LOCAL_SIZE_BYTES);
  }

  /** Returns how many blocks fit one multiprocessor at a time. */
  public int blocksPerMultiprocessor(int threads, long sharedBytes) {
    return Driver.intFrom(out -> Driver.OCCUPANCY_BLOCKS.call(out, handle, threads, sharedBytes));
  }

  /** Begins a launch site: its arguments are declared in order, then {@code build} makes it. */
  public KernelCall.Builder call() {
    return new KernelCall.Builder(this);
  }

  void allowSharedAtLeast(int bytes) {
    if (bytes > attribute(MAX_DYNAMIC_SHARED_SIZE_BYTES)) {
      allowShared(bytes);
    }
  }

  /** Compares the sizes of arguments with those of the kernel, where the driver knows them. */
  void checkArguments(List<Long> declared) {
    if (Driver.FUNC_GET_PARAM_INFO.isEmpty()) {
      return;
    }
    Function parameter = Driver.FUNC_GET_PARAM_INFO.get();
    List<Long> actual = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG, 2);
      MemorySegment size = out.asSlice(JAVA_LONG.byteSize());
      while (parameter.code(handle, actual.size(), out, size) == 0) {
        actual.add(size.get(JAVA_LONG, 0));
      }
    }
    if (!declared.equals(actual)) {
      throw new IllegalArgumentException(
          "%s takes arguments of %s bytes, and was given %s".formatted(name, actual, declared));
    }
  }

  private int attribute(int number) {
    return Driver.intFrom(out -> Driver.FUNC_GET_ATTRIBUTE.call(out, number, handle));
  }
}

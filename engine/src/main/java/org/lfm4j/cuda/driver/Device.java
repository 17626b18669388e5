package org.lfm4j.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One GPU.
 *
 * @param ordinal number among the visible GPUs, from 0
 * @param handle CUDA's number of the device
 * @param name for example {@code NVIDIA H200}
 * @param major major compute capability
 * @param minor minor compute capability
 * @param memoryBytes total device memory
 * @param multiprocessors number of streaming multiprocessors
 * @param maxSharedBytes the most dynamic shared memory a block may opt in to
 */
public record Device(
    int ordinal,
    int handle,
    String name,
    int major,
    int minor,
    long memoryBytes,
    int multiprocessors,
    int maxSharedBytes) {
  private static final int MULTIPROCESSOR_COUNT = 16;
  private static final int COMPUTE_CAPABILITY_MAJOR = 75;
  private static final int COMPUTE_CAPABILITY_MINOR = 76;
  private static final int MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97;
  private static final int NAME_BYTES = 256;

  static Device read(int ordinal) {
    int handle = Driver.intFrom(out -> Driver.DEVICE_GET.call(out, ordinal));
    return new Device(
        ordinal,
        handle,
        name(handle),
        attribute(handle, COMPUTE_CAPABILITY_MAJOR),
        attribute(handle, COMPUTE_CAPABILITY_MINOR),
        Driver.longFrom(out -> Driver.DEVICE_TOTAL_MEM.call(out, handle)),
        attribute(handle, MULTIPROCESSOR_COUNT),
        attribute(handle, MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  }

  /** Returns the compute capability as one number, for example 90 for 9.0. */
  public int computeCapability() {
    return 10 * major + minor;
  }

  /** Returns an attribute by its {@code CU_DEVICE_ATTRIBUTE_} number. */
  public int attribute(int number) {
    return attribute(handle, number);
  }

  /** Retains the device's primary context and makes it current on the calling thread. */
  public Context open() {
    return new Context(this);
  }

  private static String name(int handle) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(NAME_BYTES);
      Driver.DEVICE_GET_NAME.call(name, NAME_BYTES, handle);
      return name.getString(0);
    }
  }

  private static int attribute(int handle, int number) {
    return Driver.intFrom(out -> Driver.DEVICE_GET_ATTRIBUTE.call(out, number, handle));
  }
}

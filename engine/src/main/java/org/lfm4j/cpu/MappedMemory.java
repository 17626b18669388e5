package org.lfm4j.cpu;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** Tells the system that parts of a mapped file are no longer needed in memory. */
@SuppressWarnings("restricted") // A call of the C library.
final class MappedMemory {
  private static final int DONT_NEED = 4;
  private static final long PAGE = 4096;
  private static final Optional<MethodHandle> MADVISE = find();

  private MappedMemory() {}

  private static Optional<MethodHandle> find() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty();
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("madvise")
        .map(address ->
            linker.downcallHandle(
                address,
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT)));
  }

  /**
   * Gives back the whole pages of read-only mapped memory. They are read from the file again, or
   * from the system's cache, should they be needed after all. Memory that is not mapped is left
   * alone, or it would lose its contents.
   */
  static void forget(MemorySegment memory) {
    if (!memory.isMapped() || !memory.isReadOnly() || MADVISE.isEmpty()) {
      return;
    }
    long from = (memory.address() + PAGE - 1) / PAGE * PAGE;
    long bytes = (memory.address() + memory.byteSize()) / PAGE * PAGE - from;
    if (bytes <= 0) {
      return;
    }
    try {
      MemorySegment pages = memory.asSlice(from - memory.address(), bytes);
      // A refusal costs memory, nothing else.
      int _ = (int) MADVISE.get().invokeExact(pages, bytes, DONT_NEED);
    } catch (Throwable t) {
      throw new AssertionError("madvise throws nothing", t);
    }
  }
}

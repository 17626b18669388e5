package org.lfm4j.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Memory from the system in large pieces, for copies of weights, and advice to the system about
 * memory that is mapped. Elsewhere than on Linux it is memory as any other, without advice.
 */
@SuppressWarnings("restricted") // Calls of the C library.
final class MappedMemory {
  private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

  /** Pieces begin and end where huge pages do, of which a walk through weights needs few. */
  private static final long HUGE_PAGE = 2 << 20;

  private static final long PIECE = 128 * HUGE_PAGE;
  private static final long PAGE = 4096;
  private static final int DONT_NEED = 4;
  private static final int USE_HUGE_PAGES = 14;
  private static final int READ_AND_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;

  private static final Optional<MethodHandle> MADVISE =
      find(
          "madvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final Optional<MethodHandle> MMAP =
      find(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final Optional<MethodHandle> MUNMAP =
      find(
          "munmap",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

  private MappedMemory() {}

  private static Optional<MethodHandle> find(String function, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    try {
      return LINUX
          ? linker.defaultLookup().find(function).map(f -> linker.downcallHandle(f, type))
          : Optional.empty();
    } catch (IllegalCallerException e) {
      return Optional.empty(); // This program may call nothing outside the JVM.
    }
  }

  /**
   * Returns an allocator of zeroed memory that lives as long as an arena. It may be used by one
   * thread at a time.
   */
  static SegmentAllocator allocator(Arena arena) {
    return MMAP.isPresent() && MUNMAP.isPresent() ? new Pieces(arena) : arena;
  }

  private static final class Pieces implements SegmentAllocator {
    private final Arena arena;
    private MemorySegment piece = MemorySegment.NULL;
    private long used;

    Pieces(Arena arena) {
      this.arena = arena;
    }

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
      long at = (used + alignment - 1) / alignment * alignment;
      if (at + bytes > piece.byteSize()) {
        piece = map(arena, (bytes + PIECE - 1) / PIECE * PIECE);
        at = 0;
      }
      used = at + bytes;
      return piece.asSlice(at, bytes);
    }
  }

  /**
   * Maps memory that begins at a multiple of {@link #HUGE_PAGE}; it takes none until it is used.
   */
  private static MemorySegment map(Arena arena, long bytes) {
    try {
      long all = bytes + HUGE_PAGE;
      long address =
          (long) MMAP.orElseThrow().invokeExact(0L, all, READ_AND_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
      if (address == -1) {
        throw new OutOfMemoryError("the system gives no %d bytes for weights".formatted(all));
      }
      MemorySegment whole =
          MemorySegment.ofAddress(address).reinterpret(all, arena, MappedMemory::unmap);
      MemorySegment piece = whole.asSlice((HUGE_PAGE - address % HUGE_PAGE) % HUGE_PAGE, bytes);
      advise(piece, USE_HUGE_PAGES);
      return piece;
    } catch (Error e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError("mmap throws nothing", t);
    }
  }

  private static void unmap(MemorySegment memory) {
    try {
      int _ = (int) MUNMAP.orElseThrow().invokeExact(memory, memory.byteSize());
    } catch (Throwable t) {
      throw new AssertionError("munmap throws nothing", t);
    }
  }

  /**
   * Gives back the whole pages of read-only mapped memory. They are read from the file again, or
   * from the system's cache, should they be needed after all. Memory that is not mapped is left
   * alone, or it would lose its contents.
   */
  static void forget(MemorySegment memory) {
    if (memory.isMapped() && memory.isReadOnly()) {
      advise(memory, DONT_NEED);
    }
  }

  /** A refusal costs memory or time, nothing else. */
  private static void advise(MemorySegment memory, int advice) {
    long from = (memory.address() + PAGE - 1) / PAGE * PAGE;
    long bytes = (memory.address() + memory.byteSize()) / PAGE * PAGE - from;
    if (bytes <= 0 || MADVISE.isEmpty()) {
      return;
    }
    try {
      MemorySegment pages = memory.asSlice(from - memory.address(), bytes);
      int _ = (int) MADVISE.get().invokeExact(pages, bytes, advice);
    } catch (Throwable t) {
      throw new AssertionError("madvise throws nothing", t);
    }
  }
}

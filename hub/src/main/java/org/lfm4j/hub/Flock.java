package org.lfm4j.hub;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * An exclusive lock on a file that Python's {@code filelock} honours. On Unix that is flock(2),
 * which Java's own locks (fcntl) don't exclude; elsewhere Java's own will do.
 */
interface Flock extends AutoCloseable {
  /** Returns the lock, or nothing if another holds it. */
  static Optional<Flock> tryLock(Path file) throws IOException {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    return system.contains("windows") ? JavaLock.tryLock(file) : UnixLock.tryLock(file);
  }

  @Override
  void close();

  /** The lock of Java itself. */
  record JavaLock(FileChannel channel) implements Flock {
    static Optional<Flock> tryLock(Path file) throws IOException {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
      try {
        if (channel.tryLock() != null) {
          return Optional.of(new JavaLock(channel));
        }
      } catch (OverlappingFileLockException e) {
        channel.close();
        return Optional.empty();
      }
      channel.close();
      return Optional.empty();
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        System.getLogger(Flock.class.getName()).log(System.Logger.Level.DEBUG, "lock", e);
      }
    }
  }

  /** flock(2) on a descriptor of our own, since Java shows nobody those of its files. */
  record UnixLock(int descriptor) implements Flock {
    private static final int READ_WRITE = 2;
    private static final int EXCLUSIVE_NOW = 2 | 4;

    /** EWOULDBLOCK of Linux, and of macOS. */
    private static final Set<Integer> HELD = Set.of(11, 35);

    /** Bound on first use only. */
    private static final class Calls {
      private static final StructLayout STATE = Linker.Option.captureStateLayout();
      private static final long ERRNO = STATE.byteOffset(PathElement.groupElement("errno"));

      // open(2) is variadic after its flags; none of those arguments are given.
      private static final MethodHandle OPEN =
          bind(
              "open",
              FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
              Linker.Option.firstVariadicArg(2));
      private static final MethodHandle FLOCK =
          bind(
              "flock",
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT),
              Linker.Option.captureCallState("errno"));
      private static final MethodHandle CLOSE =
          bind("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

      @SuppressWarnings("restricted")
      private static MethodHandle bind(
          String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, options);
      }
    }

    static Optional<Flock> tryLock(Path file) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment state = arena.allocate(Calls.STATE);
        int descriptor =
            (int) Calls.OPEN.invokeExact(arena.allocateFrom(file.toString()), READ_WRITE);
        if (descriptor < 0) {
          throw new IOException("can't open the lock file " + file);
        }
        UnixLock lock = new UnixLock(descriptor);
        int result = (int) Calls.FLOCK.invokeExact(state, descriptor, EXCLUSIVE_NOW);
        if (result != 0 && HELD.contains(state.get(JAVA_INT, Calls.ERRNO))) {
          lock.close();
          return Optional.empty();
        }
        // Any other failure is a file system without locks: then we do without, too.
        return Optional.of(lock);
      } catch (IOException | RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("flock(2) can't be called", e);
      }
    }

    @Override
    public void close() {
      try {
        int ignored = (int) Calls.CLOSE.invokeExact(descriptor);
        assert ignored == 0;
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("close(2) can't be called", e);
      }
    }
  }
}

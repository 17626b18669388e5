package org.lfm4j.hub;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;

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
      } catch (java.nio.channels.OverlappingFileLockException e) {
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

    /** Bound on first use only. */
    private static final class Calls {
      static final MethodHandle OPEN =
          bind("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
      static final MethodHandle FLOCK =
          bind("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
      static final MethodHandle CLOSE = bind("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

      @SuppressWarnings("restricted")
      private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup lookup = linker.defaultLookup();
        // open(2) is variadic after its flags; none of those arguments are given.
        return name.equals("open")
            ? linker.downcallHandle(
                lookup.findOrThrow(name), descriptor, Linker.Option.firstVariadicArg(2))
            : linker.downcallHandle(lookup.findOrThrow(name), descriptor);
      }
    }

    static Optional<Flock> tryLock(Path file) throws IOException {
      int descriptor = open(file);
      if (descriptor < 0) {
        throw new IOException("can't open the lock file " + file);
      }
      if (call(Calls.FLOCK, descriptor, EXCLUSIVE_NOW) == 0) {
        return Optional.of(new UnixLock(descriptor));
      }
      call(Calls.CLOSE, descriptor);
      return Optional.empty();
    }

    private static int open(Path file) {
      try (Arena arena = Arena.ofConfined()) {
        return (int) Calls.OPEN.invokeExact(arena.allocateFrom(file.toString()), READ_WRITE);
      } catch (Throwable e) {
        throw new IllegalStateException("open(2) can't be called", e);
      }
    }

    private static int call(MethodHandle handle, Object... arguments) {
      try {
        return (int) handle.invokeWithArguments(arguments);
      } catch (Throwable e) {
        throw new IllegalStateException("a lock of " + handle + " can't be taken", e);
      }
    }

    @Override
    public void close() {
      call(Calls.CLOSE, descriptor);
    }
  }
}

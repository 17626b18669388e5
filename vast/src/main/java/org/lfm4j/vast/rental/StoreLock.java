package org.lfm4j.vast.rental;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.lfm4j.vast.PrivateFiles;

/**
 * A lock that one thread of one process holds. The system takes it from a process that dies. Locks
 * of files hold between processes only, hence a second one between the threads of this process.
 */
final class StoreLock implements AutoCloseable {
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock threads;
  private final FileChannel channel;

  private StoreLock(ReentrantLock threads, FileChannel channel) {
    this.threads = threads;
    this.channel = channel;
  }

  /** Waits for the lock. For threads that nobody interrupts: see {@link Unstoppable}. */
  static StoreLock of(Path directory, String name) {
    Path file = directory.resolve(name).toAbsolutePath().normalize();
    ReentrantLock threads = THREADS.computeIfAbsent(file, path -> new ReentrantLock());
    threads.lock();
    boolean held = false;
    try {
      PrivateFiles.makeDirectory(directory);
      while (true) {
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        Optional<Object> opened = identity(file);
        try {
          channel.lock();
          if (opened.isPresent() && opened.equals(identity(file))) {
            held = true;
            return new StoreLock(threads, channel);
          }
        } finally {
          if (!held) {
            channel.close();
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Can't lock " + file, e);
    } finally {
      if (!held) {
        threads.unlock();
      }
    }
  }

  /** A lock whose file was removed while somebody waited for it excludes nobody. */
  private static Optional<Object> identity(Path file) throws IOException {
    try {
      Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      return Optional.of(key == null ? file : key);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("Can't unlock the rental's state", e);
    } finally {
      threads.unlock();
    }
  }
}

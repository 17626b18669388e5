package org.lfm4j.hub;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Keeps two processes, ours or Python's, from downloading one blob at the same time. It only saves
 * work: each process writes to a file of its own and renames it when it is whole.
 */
final class CacheLock implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Flock flock;

  private CacheLock(Flock flock) {
    this.flock = flock;
  }

  /** Waits until the lock is ours. */
  static CacheLock acquire(Path file, PullListener listener)
      throws IOException, InterruptedException {
    Optional<CacheLock> lock = tryAcquire(file);
    if (lock.isEmpty()) {
      listener.notice("Another process downloads the same file: waiting for it.");
    }
    while (lock.isEmpty()) {
      Thread.sleep(PAUSE);
      lock = tryAcquire(file);
    }
    return lock.get();
  }

  /** Returns the lock unless another process has it. */
  static Optional<CacheLock> tryAcquire(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    if (Files.notExists(file)) {
      create(file);
    }
    return Flock.tryLock(file).map(CacheLock::new);
  }

  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      return;
    }
  }

  @Override
  public void close() {
    flock.close();
  }
}

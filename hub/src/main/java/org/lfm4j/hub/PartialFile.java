package org.lfm4j.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * A file on its way: its bytes in {@code <etag>.lfm4j.incomplete}, written in any order, and a
 * {@link BlockJournal} beside it, so that a killed download goes on where it was. Names end in
 * {@code .incomplete} as Python's do, which lets its tools find leftovers.
 */
final class PartialFile implements AutoCloseable {
  private final RepoFile file;
  private final int blockBytes;
  private final Path path;
  private final Path journalPath;
  private final FileChannel channel;
  private final BlockJournal journal;
  private final BlockMap blocks;
  private final ReentrantLock digesting = new ReentrantLock();
  private final MessageDigest digest;
  private int digested;

  private PartialFile(
      RepoFile file,
      int blockBytes,
      Path path,
      Path journalPath,
      FileChannel channel,
      BlockJournal journal) {
    this.file = file;
    this.blockBytes = blockBytes;
    this.path = path;
    this.journalPath = journalPath;
    this.channel = channel;
    this.journal = journal;
    this.blocks = new BlockMap(Math.toIntExact((file.size() + blockBytes - 1) / blockBytes));
    this.digest = file.digest();
  }

  /** Opens a file's leftovers, or begins it. The caller holds the blob's lock. */
  static PartialFile open(Path blobs, RepoFile file, int blockBytes) throws IOException {
    Path path = dataPath(blobs, file);
    Path journalPath = journalPath(blobs, file);
    if (Files.notExists(path)) {
      Files.deleteIfExists(journalPath);
    }
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.size() > file.size()) {
        channel.truncate(file.size());
      }
      BlockJournal journal = BlockJournal.open(journalPath, title(file, blockBytes));
      PartialFile partial = new PartialFile(file, blockBytes, path, journalPath, channel, journal);
      partial.recover(journal.recorded());
      return partial;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static Path dataPath(Path blobs, RepoFile file) {
    return blobs.resolve(file.etag() + ".lfm4j.incomplete");
  }

  private static Path journalPath(Path blobs, RepoFile file) {
    return blobs.resolve(file.etag() + ".lfm4j.blocks.incomplete");
  }

  private static String title(RepoFile file, int blockBytes) {
    return "lfm4j-blocks 1 %s %d %d".formatted(file.etag(), file.size(), blockBytes);
  }

  /** Returns about how many bytes an earlier download left, without a look at them. */
  static long leftBytes(Path blobs, RepoFile file, int blockBytes) throws IOException {
    if (Files.notExists(dataPath(blobs, file)) || Files.notExists(journalPath(blobs, file))) {
      return 0;
    }
    try (BlockJournal journal =
        BlockJournal.open(journalPath(blobs, file), title(file, blockBytes))) {
      return Math.min((long) journal.recorded().size() * blockBytes, file.size());
    }
  }

  /**
   * Trusts only recorded blocks whose bytes are those that were recorded: power may have failed.
   */
  private void recover(Map<Integer, Integer> recorded) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(blockBytes);
    for (Map.Entry<Integer, Integer> entry : recorded.entrySet()) {
      int block = entry.getKey();
      if (block >= blocks.count() || end(block) > channel.size()) {
        continue;
      }
      CRC32C crc = new CRC32C();
      crc.update(read(block, buffer));
      if ((int) crc.getValue() == entry.getValue()) {
        blocks.markDone(block);
      }
    }
  }

  private long start(int block) {
    return (long) block * blockBytes;
  }

  private long end(int block) {
    return Math.min(start(block) + blockBytes, file.size());
  }

  private ByteBuffer read(int block, ByteBuffer buffer) throws IOException {
    buffer.clear().limit((int) (end(block) - start(block)));
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, start(block) + buffer.position()) < 0) {
        throw new IOException(path + " has become shorter");
      }
    }
    return buffer.flip();
  }

  BlockMap blocks() {
    return blocks;
  }

  /** Returns how many bytes are in finished blocks. */
  long presentBytes() {
    long bytes = 0;
    for (int block = 0; block < blocks.count(); block++) {
      bytes += blocks.isDone(block) ? end(block) - start(block) : 0;
    }
    return bytes;
  }

  /** Returns the first byte of a run and the one after its last. */
  long startOf(BlockMap.Run run) {
    return start(run.start());
  }

  long endOf(BlockMap.Run run) {
    return end(run.end() - 1);
  }

  /**
   * Returns a place to write a run's bytes to, in order.
   *
   * @param transferred is told of bytes that count, and with a negative number of those lost again
   */
  Writer writer(BlockMap.Run run, LongConsumer transferred) {
    return new Writer(run, transferred);
  }

  /** Writes a run's bytes; blocks that are there already are passed over. One thread's own. */
  final class Writer implements AutoCloseable {
    private final BlockMap.Run run;
    private final LongConsumer transferred;
    private final CRC32C crc = new CRC32C();
    private int block;
    private long position;
    private long unfinished;

    private Writer(BlockMap.Run run, LongConsumer transferred) {
      this.run = run;
      this.transferred = transferred;
      this.block = run.start();
      this.position = startOf(run);
    }

    /** Returns how many blocks were finished. */
    int finished() {
      return block - run.start();
    }

    boolean complete() {
      return block == run.end();
    }

    /**
     * Writes all of a buffer.
     *
     * @throws IllegalArgumentException if it is longer than the run
     */
    void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        if (complete()) {
          throw new IllegalArgumentException("more bytes than asked for");
        }
        int count = (int) Math.min(bytes.remaining(), end(block) - position);
        ByteBuffer part = bytes.slice(bytes.position(), count);
        bytes.position(bytes.position() + count);
        if (!blocks.isDone(block)) {
          crc.update(part.duplicate());
          writeAt(part);
          unfinished += count;
          transferred.accept(count);
        }
        position += count;
        if (position == end(block)) {
          finish();
        }
      }
    }

    private void writeAt(ByteBuffer part) throws IOException {
      long at = position;
      while (part.hasRemaining()) {
        at += channel.write(part, at);
      }
    }

    private void finish() throws IOException {
      if (unfinished == end(block) - start(block) && blocks.markDone(block)) {
        journal.add(block, (int) crc.getValue());
        unfinished = 0;
      }
      lose();
      crc.reset();
      block++;
    }

    private void lose() {
      if (unfinished > 0) {
        transferred.accept(-unfinished);
        unfinished = 0;
      }
    }

    /** Forgets the bytes of the last block unless it is whole. */
    @Override
    public void close() {
      lose();
    }
  }

  /** Hashes what is there from the start on, unless another thread does it already. */
  void digestPrefix() throws IOException {
    if (digesting.tryLock()) {
      try {
        digestWhatIsThere();
      } finally {
        digesting.unlock();
      }
    }
  }

  private void digestWhatIsThere() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(blockBytes);
    while (digested < blocks.count() && blocks.isDone(digested)) {
      digest.update(read(digested, buffer));
      digested++;
    }
  }

  /** Returns whether all bytes together have the file's hash. */
  boolean verified() throws IOException {
    digesting.lock();
    try {
      digestWhatIsThere();
      return digested == blocks.count() && file.matches(digest);
    } finally {
      digesting.unlock();
    }
  }

  /** Makes the whole file a blob. */
  void moveTo(Path blob) throws IOException {
    channel.force(true);
    Files.move(path, blob, StandardCopyOption.ATOMIC_MOVE);
    close();
    Files.deleteIfExists(journalPath);
  }

  /** Throws away everything that was downloaded. */
  void discard() throws IOException {
    close();
    Files.deleteIfExists(journalPath);
    Files.deleteIfExists(path);
  }

  @Override
  public void close() throws IOException {
    journal.close();
    channel.close();
  }
}

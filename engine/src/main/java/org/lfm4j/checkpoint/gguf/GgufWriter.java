package org.lfm4j.checkpoint.gguf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lfm4j.tensor.DType;

/**
 * Writes a GGUF file of version 3: metadata, then tensors in the order in which they were added.
 */
public final class GgufWriter {
  private static final int ALIGNMENT = 32;
  private static final int MOST_BUFFERED = 1 << 26;

  /** Where the rows of a tensor come from. */
  @FunctionalInterface
  public interface Rows {
    /**
     * Writes rows [from, to) in the tensor's type.
     *
     * @param out exactly their bytes
     */
    void write(long from, long to, MemorySegment out);
  }

  private record Entry(List<Integer> shape, DType type, Rows rows) {
    long rowCount() {
      return shape.stream().limit(shape.size() - 1).mapToLong(d -> d).reduce(1, (a, b) -> a * b);
    }

    long rowBytes() {
      return type.rowBytes(shape.getLast());
    }
  }

  private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
  private final Map<String, Entry> tensors = new LinkedHashMap<>();

  /** Begins an empty file. */
  public GgufWriter() {}

  /** Sets a metadata value. */
  public GgufWriter put(String key, GgufValue value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a tensor.
   *
   * @param shape outermost dimension first
   * @param rows called while the file is written
   */
  public GgufWriter add(String name, List<Integer> shape, DType type, Rows rows) {
    tensors.put(name, new Entry(List.copyOf(shape), type, rows));
    return this;
  }

  /** Returns the size of the tensors' data. */
  public long dataBytes() {
    return tensors.values().stream()
        .mapToLong(entry -> aligned(entry.rowCount() * entry.rowBytes()))
        .sum();
  }

  /**
   * Writes the file, replacing one of that name.
   *
   * @throws UncheckedIOException if that fails; an incomplete file is left then
   */
  public void write(Path file) {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeAll(channel, ByteBuffer.wrap(header()));
      for (Entry entry : tensors.values()) {
        write(channel, entry);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] header() {
    GgufOutput out = new GgufOutput();
    out.int32(GgufHeader.MAGIC).int32(3).int64(tensors.size()).int64(metadata.size());
    metadata.forEach((key, value) -> {
      out.text(key);
      out.value(value);
    });
    long offset = 0;
    for (Map.Entry<String, Entry> named : tensors.entrySet()) {
      Entry entry = named.getValue();
      out.text(named.getKey()).int32(entry.shape().size());
      entry.shape().reversed().forEach(out::int64);
      out.int32(GgufTypes.id(entry.type())).int64(offset);
      offset += aligned(entry.rowCount() * entry.rowBytes());
    }
    return out.padded(ALIGNMENT);
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void write(FileChannel channel, Entry entry) throws IOException {
    long rowBytes = entry.rowBytes();
    long most = Math.max(1, MOST_BUFFERED / rowBytes);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment buffer = arena.allocate(Math.min(most, entry.rowCount()) * rowBytes, 64);
      for (long row = 0; row < entry.rowCount(); row += most) {
        long end = Math.min(entry.rowCount(), row + most);
        MemorySegment part = buffer.asSlice(0, (end - row) * rowBytes);
        entry.rows().write(row, end, part);
        writeAll(channel, part.asByteBuffer());
      }
    }
    long bytes = entry.rowCount() * rowBytes;
    writeAll(channel, ByteBuffer.allocate((int) (aligned(bytes) - bytes)));
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}

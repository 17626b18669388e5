package org.lfm4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.lfm4j.checkpoint.CheckpointException;

/**
 * Reads a GGUF header from front to back. Every length is compared with what is left of the file
 * before anything is allocated for it.
 */
final class GgufCursor {
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE);

  /** Longer than any chat template; no text of a header needs more. */
  private static final long MOST_TEXT = 1 << 26;

  private final String source;
  private final MemorySegment file;
  private long at;

  GgufCursor(String source, MemorySegment file) {
    this.source = source;
    this.file = file;
  }

  /** Returns the offset of what is read next. */
  long position() {
    return at;
  }

  private long take(long bytes, String what) {
    if (bytes > file.byteSize() - at) {
      throw bad(
          "%d bytes for %s at offset %d".formatted(bytes, what, at),
          "only %d (truncated? download it again)".formatted(file.byteSize() - at));
    }
    long from = at;
    at += bytes;
    return from;
  }

  int int8(String what) {
    return file.get(ValueLayout.JAVA_BYTE, take(1, what));
  }

  int int16(String what) {
    return file.get(SHORT, take(2, what));
  }

  int int32(String what) {
    return file.get(INT, take(4, what));
  }

  long int64(String what) {
    return file.get(LONG, take(8, what));
  }

  /**
   * Reads a count of things that follow.
   *
   * @param leastBytes what each of them takes in the file at least
   * @param most the highest count that makes sense
   */
  int count(String what, long leastBytes, int most) {
    long count = int64(what);
    long left = file.byteSize() - at;
    if (count < 0 || count > most || count > left / leastBytes) {
      throw bad(
          "at most %d for %s".formatted(Math.min(most, left / leastBytes), what),
          Long.toUnsignedString(count));
    }
    return (int) count;
  }

  /** Reads a text: its length in bytes, then UTF-8. */
  String text(String what) {
    // A tokenizer has 130,000 texts: what is done for each counts at the start.
    long length = int64(what);
    if (length < 0 || length > MOST_TEXT) {
      throw bad(
          "a length of at most %d for %s".formatted(MOST_TEXT, what),
          Long.toUnsignedString(length));
    }
    byte[] bytes = new byte[(int) length];
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, take(length, what), bytes, 0, bytes.length);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Returns an error in the form of all others. */
  CheckpointException bad(String expected, String found) {
    return new CheckpointException("%s: expected %s, found %s".formatted(source, expected, found));
  }
}

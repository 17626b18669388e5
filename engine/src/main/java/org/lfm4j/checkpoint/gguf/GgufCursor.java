package org.lfm4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.lfm4j.checkpoint.CheckpointException;

/**
 * Reads a GGUF header from front to back. Every length is compared with what is left of the file
 * before anything is allocated for it.
 */
final class GgufCursor {
  /** Bytes that are copied to the heap at once. */
  private static final int WINDOW = 1 << 16;

  /** Longer than any chat template; no text of a header needs more. */
  private static final long MOST_TEXT = 1 << 26;

  private final String source;
  private final MemorySegment file;
  private long at;

  // A header is read before anything is compiled, and the interpreter takes a microsecond for a
  // number in a segment.
  private byte[] window = new byte[0];
  private long windowAt;

  GgufCursor(String source, MemorySegment file) {
    this.source = source;
    this.file = file;
  }

  /** Returns the offset of what is read next. */
  long position() {
    return at;
  }

  /** Goes on by some bytes and returns where they lie in the window. */
  private int take(int bytes, String what) {
    if (bytes > file.byteSize() - at) {
      throw bad(
          "%d bytes for %s at offset %d".formatted(bytes, what, at),
          "only %d (truncated? download it again)".formatted(file.byteSize() - at));
    }
    if (at + bytes > windowAt + window.length) {
      int length = (int) Math.min(Math.max(bytes, WINDOW), file.byteSize() - at);
      window = file.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
      windowAt = at;
    }
    int from = (int) (at - windowAt);
    at += bytes;
    return from;
  }

  int int8(String what) {
    return window[take(1, what)];
  }

  int int16(String what) {
    return (short) littleEndian(take(2, what), 2);
  }

  int int32(String what) {
    return (int) littleEndian(take(4, what), 4);
  }

  long int64(String what) {
    return littleEndian(take(8, what), 8);
  }

  private long littleEndian(int from, int bytes) {
    long value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      value = value << 8 | (window[from + i] & 0xff);
    }
    return value;
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
    // The window may be another one afterwards.
    int from = take((int) length, what);
    return new String(window, from, (int) length, StandardCharsets.UTF_8);
  }

  /** Returns an error in the form of all others. */
  CheckpointException bad(String expected, String found) {
    return new CheckpointException("%s: expected %s, found %s".formatted(source, expected, found));
  }
}

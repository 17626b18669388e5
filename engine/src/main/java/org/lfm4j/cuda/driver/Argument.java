package org.lfm4j.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A kernel argument as declared.
 *
 * @param type what may be written into it later
 * @param value its first value
 */
record Argument(Type type, MemorySegment value) {
  /** Fits every type, tensor maps included. */
  static final long ALIGNMENT = 64;

  /** Kinds of arguments. */
  enum Type {
    INT64,
    INT32,
    FLOAT32,
    STRUCT
  }

  static Argument of(long value) {
    return new Argument(Type.INT64, Arena.ofAuto().allocateFrom(JAVA_LONG, value));
  }

  static Argument of(int value) {
    return new Argument(Type.INT32, Arena.ofAuto().allocateFrom(JAVA_INT, value));
  }

  static Argument of(float value) {
    return new Argument(Type.FLOAT32, Arena.ofAuto().allocateFrom(JAVA_FLOAT, value));
  }

  static Argument of(MemorySegment value) {
    return new Argument(
        Type.STRUCT, Arena.ofAuto().allocateFrom(JAVA_BYTE, value.toArray(JAVA_BYTE)));
  }

  long bytes() {
    return value.byteSize();
  }

  void write(MemorySegment to, long offset) {
    MemorySegment.copy(value, 0, to, offset, bytes());
  }
}

package org.lfm4j.cuda.driver;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A linked C function that answers with an error code. The overloads are the shapes of argument
 * lists that occur, so that each call is an exact, compiled one: pointers to host memory are
 * segments, handles and device addresses are longs.
 *
 * @param name for messages
 * @param handle of the shape of one overload; a field of a record, so constant where the record is
 * @param errors describes codes
 */
record Function(String name, MethodHandle handle, Errors errors) {

  /** Describes a failed call. */
  @FunctionalInterface
  interface Errors {
    CudaException describe(int code, String call);
  }

  void call() {
    try {
      check((int) handle.invokeExact());
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(int a) {
    try {
      check((int) handle.invokeExact(a));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a) {
    try {
      check((int) handle.invokeExact(a));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a) {
    try {
      check((int) handle.invokeExact(a));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, int b) {
    try {
      check((int) handle.invokeExact(a, b));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, MemorySegment b) {
    try {
      check((int) handle.invokeExact(a, b));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, long b) {
    try {
      check((int) handle.invokeExact(a, b));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, long b) {
    try {
      check((int) handle.invokeExact(a, b));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, int b) {
    try {
      check((int) handle.invokeExact(a, b));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, MemorySegment b) {
    try {
      check((int) handle.invokeExact(a, b));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(int a, MemorySegment b) {
    try {
      check((int) handle.invokeExact(a, b));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, int b, int c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, int b, long c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, long b, long c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, long b, int c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, long b, MemorySegment c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, MemorySegment b, long c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, long b, long c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, long b, int c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, int b, int c) {
    try {
      check((int) handle.invokeExact(a, b, c));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, int b, long c, long d) {
    try {
      check((int) handle.invokeExact(a, b, c, d));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, MemorySegment b, long c, long d) {
    try {
      check((int) handle.invokeExact(a, b, c, d));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, long b, long c, long d) {
    try {
      check((int) handle.invokeExact(a, b, c, d));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(long a, long b, long c, long d) {
    try {
      check((int) handle.invokeExact(a, b, c, d));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, long b, int c, long d) {
    try {
      check((int) handle.invokeExact(a, b, c, d));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void call(MemorySegment a, long b, MemorySegment c, MemorySegment d) {
    try {
      check((int) handle.invokeExact(a, b, c, d));
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  /** Returns the code instead of throwing. */
  int code(long a, long b, MemorySegment c, MemorySegment d) {
    try {
      return (int) handle.invokeExact(a, b, c, d);
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  /** Returns the code instead of throwing, for questions that may be answered by no. */
  int code(long a) {
    try {
      return (int) handle.invokeExact(a);
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  /** Returns the code instead of throwing. */
  int code(long a, int b, MemorySegment c) {
    try {
      return (int) handle.invokeExact(a, b, c);
    } catch (Throwable t) {
      throw thrown(t);
    }
  }

  void check(int code) {
    if (code != 0) {
      throw errors.describe(code, name);
    }
  }

  static RuntimeException thrown(Throwable t) {
    if (t instanceof RuntimeException e) {
      return e;
    }
    throw new AssertionError("a C function throws nothing", t);
  }
}

package org.lfm4j.cuda.driver;

/** A mark in a stream. */
public final class Event implements AutoCloseable {
  private static final int DISABLE_TIMING = 2;

  private final long handle;
  private boolean closed;

  Event(boolean timing) {
    this.handle =
        Driver.longFrom(out -> Driver.EVENT_CREATE.call(out, timing ? 0 : DISABLE_TIMING));
  }

  long handle() {
    return handle;
  }

  /** Returns whether the stream came by the mark, or there was none; throws a kernel's error. */
  public boolean isDone() {
    int code = Driver.EVENT_QUERY.code(handle);
    if (code == Driver.NOT_READY) {
      return false;
    }
    Driver.EVENT_QUERY.check(code);
    return true;
  }

  /** Waits until the stream comes by the mark. */
  public void synchronize() {
    Driver.EVENT_SYNCHRONIZE.call(handle);
  }

  /** Returns the milliseconds from another mark to this one; both must be done. */
  public float millisSince(Event start) {
    return Float.intBitsToFloat(
        Driver.intFrom(out -> Driver.EVENT_ELAPSED_TIME.call(out, start.handle, handle)));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Driver.EVENT_DESTROY.call(handle);
    }
  }
}

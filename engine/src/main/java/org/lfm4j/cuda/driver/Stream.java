package org.lfm4j.cuda.driver;

import java.lang.foreign.MemorySegment;

/**
 * A queue of work for the device, done in order. Calls only enqueue, except {@link #synchronize}.
 * Overloads with a plain address make no objects; those with a span check sizes.
 */
public final class Stream implements AutoCloseable {
  private static final int NON_BLOCKING = 1;
  private static final int CAPTURE_THREAD_LOCAL = 1;

  private final long handle;
  private boolean closed;

  Stream() {
    this.handle = Driver.longFrom(out -> Driver.STREAM_CREATE.call(out, NON_BLOCKING, 0));
  }

  long handle() {
    return handle;
  }

  /** Copies all of {@code from}, which must stay as it is until the copy is done, if pinned. */
  public void upload(long to, MemorySegment from) {
    Driver.COPY_TO_DEVICE_ASYNC.call(to, from, from.byteSize(), handle);
  }

  /** Copies host memory to the device; the sizes must be equal. */
  public void upload(DeviceSpan to, MemorySegment from) {
    to.checkSize(from.byteSize());
    upload(to.address(), from);
  }

  /** Fills all of {@code to}, which is complete after a {@link #synchronize}. */
  public void download(MemorySegment to, long from) {
    Driver.COPY_TO_HOST_ASYNC.call(to, from, to.byteSize(), handle);
  }

  /** Copies device memory to the host; the sizes must be equal. */
  public void download(MemorySegment to, DeviceSpan from) {
    from.checkSize(to.byteSize());
    download(to, from.address());
  }

  /** Copies on the device. */
  public void copy(long to, long from, long bytes) {
    Driver.COPY_ON_DEVICE_ASYNC.call(to, from, bytes, handle);
  }

  /** Copies on the device; the sizes must be equal. */
  public void copy(DeviceSpan to, DeviceSpan from) {
    to.checkSize(from.bytes());
    copy(to.address(), from.address(), from.bytes());
  }

  /** Sets every byte. */
  public void fill(DeviceSpan span, byte value) {
    Driver.MEMSET_8_ASYNC.call(span.address(), value & 0xff, span.bytes(), handle);
  }

  /** Sets every 32-bit word; address and size must be multiples of 4. */
  public void fillWords(DeviceSpan span, int value) {
    if ((span.address() | span.bytes()) % Integer.BYTES != 0) {
      throw new IllegalArgumentException(
          "filling words of %s, which is not a whole number of them".formatted(span));
    }
    Driver.MEMSET_32_ASYNC.call(span.address(), value, span.bytes() / Integer.BYTES, handle);
  }

  /** Marks this place in the queue. */
  public void record(Event event) {
    Driver.EVENT_RECORD.call(event.handle(), handle);
  }

  /** Lets later work of this stream wait for an event of another one. */
  public void await(Event event) {
    Driver.STREAM_WAIT_EVENT.call(handle, event.handle(), 0);
  }

  /** Returns whether everything is done; throws what went wrong in a kernel. */
  public boolean isIdle() {
    int code = Driver.STREAM_QUERY.code(handle);
    if (code == Driver.NOT_READY) {
      return false;
    }
    Driver.STREAM_QUERY.check(code);
    return true;
  }

  /** Waits until everything is done, and throws what went wrong in a kernel. */
  public void synchronize() {
    Driver.STREAM_SYNCHRONIZE.call(handle);
  }

  /**
   * Records what {@code work} enqueues on this stream, without running it. Meanwhile the calling
   * thread may neither allocate nor synchronise; other threads may.
   */
  public Graph capture(Runnable work) {
    Driver.STREAM_BEGIN_CAPTURE.call(handle, CAPTURE_THREAD_LOCAL);
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      try {
        long abandoned = Driver.longFrom(out -> Driver.STREAM_END_CAPTURE.call(handle, out));
        if (abandoned != 0) {
          Driver.GRAPH_DESTROY.call(abandoned);
        }
      } catch (CudaException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    return new Graph(Driver.longFrom(out -> Driver.STREAM_END_CAPTURE.call(handle, out)));
  }

  /** Destroys the stream once its work is done. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Driver.STREAM_DESTROY.call(handle);
    }
  }
}

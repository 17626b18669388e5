package org.lfm4j.server.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Since when a connection waits for its client: to take bytes of an answer, or to send the rest of
 * a request. Written by the threads of the connection, read by {@link Stalls}.
 */
final class TransferProgress {
  private volatile @Nullable Thread writer;
  private volatile long writingSince;
  private volatile @Nullable Thread reader;
  private volatile long readingSince;
  private volatile long waitedNanos;
  private volatile boolean inRequest;

  void writes() {
    writingSince = System.nanoTime();
    writer = Thread.currentThread();
  }

  void written() {
    writer = null;
  }

  void reads() {
    if (inRequest) {
      readingSince = System.nanoTime();
      reader = Thread.currentThread();
    }
  }

  /** Bytes of a request came; what the client let us wait for them adds up. */
  void read() {
    if (reader != null) {
      reader = null;
      long before = waitedNanos;
      waitedNanos = before + (System.nanoTime() - readingSince);
    }
    inRequest = true;
  }

  /** The request is there as a whole. */
  void received() {
    inRequest = false;
    waitedNanos = 0;
  }

  Duration writingFor(long nowNanos) {
    return writer == null ? Duration.ZERO : Duration.ofNanos(nowNanos - writingSince);
  }

  /** How long the client has let us wait in the middle of the request that it sends now. */
  Duration receivingFor(long nowNanos) {
    return reader == null
        ? Duration.ZERO
        : Duration.ofNanos(waitedNanos + (nowNanos - readingSince));
  }

  /** A thread that is interrupted in a channel's read or write closes the channel. */
  void interruptWriter() {
    interrupt(writer);
  }

  void interruptReader() {
    interrupt(reader);
  }

  private static void interrupt(@Nullable Thread thread) {
    if (thread != null) {
      thread.interrupt();
    }
  }
}

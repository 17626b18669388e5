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
  private volatile @Nullable Thread receiver;
  private volatile long receivingSince;

  void writes() {
    writingSince = System.nanoTime();
    writer = Thread.currentThread();
  }

  void written() {
    writer = null;
  }

  /** Bytes of a request came. */
  void receives() {
    if (receiver == null) {
      receivingSince = System.nanoTime();
      receiver = Thread.currentThread();
    }
  }

  /** The request is there as a whole. */
  void received() {
    receiver = null;
  }

  Duration writingFor(long nowNanos) {
    return writer == null ? Duration.ZERO : Duration.ofNanos(nowNanos - writingSince);
  }

  Duration receivingFor(long nowNanos) {
    return receiver == null ? Duration.ZERO : Duration.ofNanos(nowNanos - receivingSince);
  }

  /** A thread that is interrupted in a channel's read or write closes the channel. */
  void interruptWriter() {
    interrupt(writer);
  }

  void interruptReceiver() {
    interrupt(receiver);
  }

  private static void interrupt(@Nullable Thread thread) {
    if (thread != null) {
      thread.interrupt();
    }
  }
}

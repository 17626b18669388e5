package org.lfm4j.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** An answer's body, read by one thread that waits only so long for the next bytes. */
final class BodyReader implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {
  private sealed interface Event {
    record Bytes(List<ByteBuffer> buffers) implements Event {}

    record Failed(Throwable cause) implements Event {}

    record End() implements Event {}
  }

  /** One batch is written while the next one arrives. */
  private static final int AHEAD = 2;

  private final Duration stallTimeout;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final AtomicReference<Flow.Subscription> subscription = new AtomicReference<>();
  private volatile boolean closed;

  BodyReader(Duration stallTimeout) {
    this.stallTimeout = stallTimeout;
  }

  @Override
  public void onSubscribe(Flow.Subscription granted) {
    subscription.set(granted);
    if (closed) {
      granted.cancel();
    } else {
      granted.request(AHEAD);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    events.add(new Event.Bytes(buffers));
  }

  @Override
  public void onError(Throwable cause) {
    events.add(new Event.Failed(cause));
  }

  @Override
  public void onComplete() {
    events.add(new Event.End());
  }

  /**
   * Returns the next bytes, or nothing at the end.
   *
   * @throws IOException if the connection broke or no byte came in time
   */
  Optional<List<ByteBuffer>> next() throws IOException, InterruptedException {
    Event event = events.poll(stallTimeout.toNanos(), TimeUnit.NANOSECONDS);
    return switch (event) {
      case null -> {
        close();
        throw new IOException("no byte for %d ms".formatted(stallTimeout.toMillis()));
      }
      case Event.Bytes(List<ByteBuffer> buffers) -> {
        subscription.get().request(1);
        yield Optional.of(buffers);
      }
      case Event.Failed(Throwable cause) ->
          throw new IOException("the connection broke: " + cause.getMessage(), cause);
      case Event.End() -> Optional.empty();
    };
  }

  /** Returns all bytes that are left, at most {@code limit}. */
  byte[] readAll(int limit) throws IOException, InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Optional<List<ByteBuffer>> batch = next();
    while (batch.isPresent()) {
      for (ByteBuffer buffer : batch.get()) {
        byte[] chunk = new byte[buffer.remaining()];
        buffer.get(chunk);
        bytes.writeBytes(chunk);
      }
      if (bytes.size() > limit) {
        throw new IOException("the answer is longer than %d bytes".formatted(limit));
      }
      batch = next();
    }
    return bytes.toByteArray();
  }

  /** Drops what is left, and the connection with it. */
  @Override
  public void close() {
    closed = true;
    Flow.Subscription granted = subscription.get();
    if (granted != null) {
      granted.cancel();
    }
  }
}

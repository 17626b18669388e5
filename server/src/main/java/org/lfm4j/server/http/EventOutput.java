package org.lfm4j.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An answer of server-sent events, each flushed by itself. While nothing is sent for a while (a
 * long prefill, a place in line), a comment goes out instead, so that no proxy takes the connection
 * for dead. The status is sent with the first event or comment. The handler's thread writes; a
 * second virtual thread sends the comments.
 */
public final class EventOutput implements AutoCloseable {
  private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

  private final ServerResponse response;
  private final RequestScope scope;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable OutputStream out;
  private @Nullable Thread keepAlive;
  private boolean ended;
  private long lastSentNanos = System.nanoTime();

  private EventOutput(ServerResponse response, RequestScope scope) {
    this.response = response;
    this.scope = scope;
  }

  /**
   * Returns the event stream of the current request. Call it as soon as the request is known to
   * stream and to be valid: from then on comments keep the connection alive, and an error that
   * comes after one is sent as an event.
   */
  public static EventOutput of(ServerResponse response) {
    RequestScope scope = RequestScope.CURRENT.get();
    return scope.events().orElseGet(() -> started(new EventOutput(response, scope)));
  }

  private static EventOutput started(EventOutput events) {
    events.scope.events(events);
    Duration interval = events.scope.keepAlive();
    if (!interval.isZero()) {
      events.keepAlive =
          Thread.ofVirtual().name("lfm-keep-alive").start(() -> events.keepAlive(interval));
    }
    return events;
  }

  /**
   * Sends an event without a name.
   *
   * @throws IOException if the client can't be written to
   */
  public void send(JsonNode data) throws IOException {
    sendEvent("data: " + data + "\n\n");
  }

  /**
   * Sends an event with a name.
   *
   * @throws IOException if the client can't be written to
   */
  public void send(String name, JsonNode data) throws IOException {
    sendEvent("event: " + name + "\ndata: " + data + "\n\n");
  }

  /**
   * Sends what ends OpenAI's streams.
   *
   * @throws IOException if the client can't be written to
   */
  public void sendDone() throws IOException {
    sendEvent("data: [DONE]\n\n");
  }

  private void sendEvent(String event) throws IOException {
    lock.lock();
    try {
      send(event.getBytes(StandardCharsets.UTF_8));
      scope.eventSent();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns whether the status has been sent, so that an error can only be an event. If not, this
   * stream ends here and never sends it.
   */
  public boolean endUnlessCommitted() {
    lock.lock();
    try {
      ended |= out == null;
      return out != null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (!ended && out != null) {
        out.close();
      }
    } finally {
      lock.unlock();
      abandon();
    }
  }

  /** Sends nothing any more, not even the end. */
  void abandon() {
    lock.lock();
    try {
      ended = true;
    } finally {
      lock.unlock();
    }
    if (keepAlive != null) {
      keepAlive.interrupt();
    }
  }

  private void send(byte[] bytes) throws IOException {
    if (out == null) {
      response.header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
      response.header(HeaderNames.CACHE_CONTROL, "no-cache");
      response.header("X-Accel-Buffering", "no");
      out = response.outputStream();
    }
    out.write(bytes);
    out.flush();
    lastSentNanos = System.nanoTime();
  }

  private void keepAlive(Duration interval) {
    try {
      long wait = interval.toNanos();
      while (true) {
        TimeUnit.NANOSECONDS.sleep(wait);
        lock.lockInterruptibly();
        try {
          if (ended) {
            return;
          }
          if (System.nanoTime() - lastSentNanos >= interval.toNanos()) {
            send(COMMENT);
          }
          wait = Math.max(1, interval.toNanos() - (System.nanoTime() - lastSentNanos));
        } finally {
          lock.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | UncheckedIOException | CloseConnectionException e) {
      // The client is gone: the handler learns it from its own watch.
    }
  }
}

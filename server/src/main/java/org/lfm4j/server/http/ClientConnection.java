package org.lfm4j.server.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.CloseConnectionException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of one HTTP connection, seen from the request that runs on it. While a request
 * runs, nothing reads its socket, so a client that goes away unnoticed would keep the engine busy.
 * {@link #watch} reads ahead on a second virtual thread: an end of stream means the client is gone,
 * and bytes that arrive instead (a pipelined request) are handed to the next read.
 *
 * <p>All methods are called by the connection's own virtual thread.
 */
public final class ClientConnection {
  /** Stands for the end of the stream: reads of data return at least one byte. */
  private static final byte[] END = {};

  /** The connection of the request that the current thread handles. */
  public static final ScopedValue<ClientConnection> CURRENT = ScopedValue.newInstance();

  private final DataReader source;
  private final DataReader reader;
  private final TransferProgress progress = new TransferProgress();
  private final AtomicReference<Runnable> whenGone =
      new AtomicReference<>(ClientConnection::nothing);
  private @Nullable CompletableFuture<byte[]> readAhead;
  private Runnable closing = ClientConnection::nothing;

  public ClientConnection(DataReader source) {
    this.source = source;
    this.reader = DataReader.create(this::read);
  }

  /** Returns what the HTTP parser reads from. */
  public DataReader reader() {
    return reader;
  }

  /** Returns what the connection waits for. */
  TransferProgress progress() {
    return progress;
  }

  /** Says that the current request has arrived as a whole. */
  public void received() {
    progress.received();
  }

  /** Sets what ends the connection's request loop. */
  public void closing(Runnable action) {
    closing = action;
  }

  /**
   * Ends the connection once the running request is answered. Helidon 4.5.0 repeats a client's
   * {@code Connection: close} in its answer, but leaves the socket open.
   */
  public void closeAfterAnswer() {
    closing.run();
  }

  /**
   * Calls {@code action} once, from another thread, if the client goes away before the returned
   * watch is closed.
   */
  public Watch watch(Runnable action) {
    whenGone.set(action);
    CompletableFuture<byte[]> running = readAhead;
    if (running == null) {
      CompletableFuture<byte[]> started = new CompletableFuture<>();
      readAhead = started;
      Thread.ofVirtual().name("lfm-client-watch").start(() -> readAhead(started));
    } else if (running.isDone() && isEnd(running)) {
      gone();
    }
    return new Watch();
  }

  private void readAhead(CompletableFuture<byte[]> result) {
    try {
      byte[] bytes = pull();
      result.complete(bytes);
      if (isEnd(bytes)) {
        gone();
      }
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
      gone();
    }
  }

  private void gone() {
    whenGone.getAndSet(ClientConnection::nothing).run();
  }

  private static boolean isEnd(CompletableFuture<byte[]> done) {
    return done.isCompletedExceptionally() || isEnd(done.join());
  }

  private static boolean isEnd(byte[] bytes) {
    return bytes.length == 0;
  }

  private static void nothing() {}

  private byte[] pull() {
    try {
      source.ensureAvailable();
      return source.readBytes(source.available());
    } catch (DataReader.InsufficientDataAvailableException e) {
      return END;
    }
  }

  private byte @Nullable [] read() {
    CompletableFuture<byte[]> running = readAhead;
    progress.reads();
    byte[] bytes = running == null ? pull() : await(running);
    progress.read();
    readAhead = null;
    return isEnd(bytes) ? null : bytes;
  }

  private static byte[] await(CompletableFuture<byte[]> running) {
    try {
      return running.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("The server closes an idle connection", e);
    } catch (ExecutionException e) {
      throw new CloseConnectionException("The connection failed", e);
    }
  }

  /** A running watch. */
  public final class Watch implements AutoCloseable {
    private Watch() {}

    /** Stops watching: from now on the action is not called any more. */
    @Override
    public void close() {
      whenGone.set(ClientConnection::nothing);
    }
  }
}

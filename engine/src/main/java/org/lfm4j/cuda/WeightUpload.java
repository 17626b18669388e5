package org.lfm4j.cuda;

import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.CudaException;
import org.lfm4j.cuda.driver.Event;
import org.lfm4j.cuda.driver.PinnedMemory;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.tensor.Tensor;

/**
 * Copies the tensors of a checkpoint to their places on the device. Several threads fill a ring of
 * pinned buffers from the mapped files; the calling thread, which owns the context, sends them.
 */
final class WeightUpload implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(WeightUpload.class.getName());
  // Long copies for the bus, short enough that the first one goes out soon.
  private static final int BUFFER_BYTES = 8 << 20;
  private static final int MOST_READERS = 12;
  private static final int BUFFERS_PER_READER = 2;

  private final List<Chunk> chunks;
  private final Stream stream;
  private final int readers;
  private final ExecutorService threads;
  private final List<Buffer> ring = new ArrayList<>();
  private final BlockingQueue<Buffer> free = new LinkedBlockingQueue<>();
  private final BlockingQueue<Filled> filled = new LinkedBlockingQueue<>();
  private final Deque<Buffer> inFlight = new ArrayDeque<>();
  private final AtomicInteger next = new AtomicInteger();

  private WeightUpload(Context context, List<Chunk> chunks) {
    this.chunks = chunks;
    this.readers = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_READERS);
    this.threads =
        Executors.newFixedThreadPool(
            readers, Thread.ofPlatform().name("lfm4j-weights-", 0).daemon().factory());
    this.stream = context.stream();
    try {
      for (int i = 0; i < readers * BUFFERS_PER_READER; i++) {
        ring.add(new Buffer(context.allocatePinned(BUFFER_BYTES), context.orderingEvent()));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
    free.addAll(ring);
  }

  /**
   * Part of a tensor that fits a buffer.
   *
   * @param piece where the tensor goes
   * @param tensor where it is
   * @param first first element of the part
   * @param count elements of the part
   */
  private record Chunk(WeightPlan.Piece piece, Tensor tensor, long first, long count) {
    long bytes() {
      return count * piece.kind().elementBytes();
    }

    long address() {
      return piece.address() + first * piece.kind().elementBytes();
    }
  }

  /** Pinned memory, and the event that says that its copy is done. */
  private record Buffer(PinnedMemory memory, Event sent) implements AutoCloseable {
    @Override
    public void close() {
      memory.close();
      sent.close();
    }
  }

  /** A chunk in a buffer, or why it isn't. */
  private record Filled(Chunk chunk, Buffer buffer, Optional<Throwable> failure) {}

  /**
   * Copies all tensors of a plan and waits until they are there. Pieces without a tensor are left
   * alone.
   *
   * @param progress is told the bytes sent so far, on the calling thread
   */
  static void run(
      Context context,
      Checkpoint checkpoint,
      List<WeightPlan.Piece> pieces,
      LongConsumer progress) {
    try (WeightUpload upload = new WeightUpload(context, chunks(checkpoint, pieces))) {
      upload.send(progress);
    }
  }

  private static List<Chunk> chunks(Checkpoint checkpoint, List<WeightPlan.Piece> pieces) {
    List<Chunk> chunks = new ArrayList<>();
    for (WeightPlan.Piece piece : pieces) {
      if (piece.tensor().isPresent()) {
        Tensor tensor = checkpoint.tensor(piece.tensor().get());
        check(tensor, piece);
        long most = BUFFER_BYTES / piece.kind().elementBytes();
        for (long first = 0; first < piece.elements(); first += most) {
          chunks.add(new Chunk(piece, tensor, first, Math.min(most, piece.elements() - first)));
        }
      }
    }
    return chunks;
  }

  private static void check(Tensor tensor, WeightPlan.Piece piece) {
    if (tensor.elements() != piece.elements()) {
      throw new CheckpointException(
          "%s has shape %s where the configuration asks for %d numbers: config.json and the weights are of different models"
              .formatted(tensor.name(), tensor.shape(), piece.elements()));
    }
  }

  private void send(LongConsumer progress) {
    for (int i = 0; i < readers; i++) {
      threads.execute(this::read);
    }
    long bytes = 0;
    for (int sent = 0; sent < chunks.size(); sent++) {
      Filled next = nextFilled();
      if (next.failure().isPresent()) {
        throw new CheckpointException(
            "reading %s failed: %s"
                .formatted(next.chunk().tensor().name(), next.failure().get().getMessage()),
            next.failure().get());
      }
      Buffer buffer = next.buffer();
      MemorySegment data = buffer.memory().segment().asSlice(0, next.chunk().bytes());
      stream.upload(next.chunk().address(), data);
      stream.record(buffer.sent());
      inFlight.add(buffer);
      bytes += next.chunk().bytes();
      progress.accept(bytes);
    }
    stream.synchronize();
  }

  /** Waits for a filled buffer, and meanwhile gives those that were sent back to the readers. */
  private Filled nextFilled() {
    while (!inFlight.isEmpty() && inFlight.element().sent().isDone()) {
      free.add(inFlight.remove());
    }
    Filled next = filled.poll();
    while (next == null && !inFlight.isEmpty()) {
      Buffer oldest = inFlight.remove();
      oldest.sent().synchronize();
      free.add(oldest);
      next = filled.poll();
    }
    try {
      return next == null ? filled.take() : next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CheckpointException("interrupted while loading weights", e);
    }
  }

  private void read() {
    try {
      for (int i = next.getAndIncrement(); i < chunks.size(); i = next.getAndIncrement()) {
        Buffer buffer = free.take();
        filled.add(fill(chunks.get(i), buffer));
      }
    } catch (InterruptedException e) {
      // The upload failed elsewhere.
      Thread.currentThread().interrupt();
    }
  }

  // A mapped file that shrinks or can't be read is an InternalError, so all errors are passed on.
  private static Filled fill(Chunk chunk, Buffer buffer) {
    try {
      Staging.copy(
          chunk.tensor(),
          chunk.first(),
          chunk.count(),
          chunk.piece().kind(),
          buffer.memory().segment());
      return new Filled(chunk, buffer, Optional.empty());
    } catch (RuntimeException | Error e) {
      return new Filled(chunk, buffer, Optional.of(e));
    }
  }

  // After a failure copies may still read the buffers; another failure there changes nothing.
  private void awaitCopies() {
    try {
      stream.synchronize();
    } catch (CudaException e) {
      LOG.log(Level.DEBUG, "The copies of weights ended with an error", e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
    awaitCopies();
    stream.close();
    ring.forEach(Buffer::close);
  }
}

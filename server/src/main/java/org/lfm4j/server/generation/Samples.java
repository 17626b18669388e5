package org.lfm4j.server.generation;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.lfm4j.Generation;
import org.lfm4j.engine.EngineException;

/**
 * The answers to one request, merged in the order in which their text comes. Read by one thread;
 * {@link #close} may come from any.
 */
public final class Samples implements AutoCloseable {

  /** More text of an answer, or none once it has ended. */
  public record Piece(int index, Optional<String> text) {}

  private record Arrival(Piece piece, Optional<RuntimeException> failure) {}

  private final List<Generation> generations;
  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private int running;

  public Samples(List<Generation> generations) {
    this.generations = generations;
    this.running = generations.size();
    // One answer is read by the caller's own thread.
    if (generations.size() > 1) {
      for (int i = 0; i < generations.size(); i++) {
        int index = i;
        Thread.ofVirtual().name("lfm-sample").start(() -> forward(index));
      }
    }
  }

  private void forward(int index) {
    try {
      Optional<String> text;
      do {
        text = generations.get(index).next();
        arrivals.add(new Arrival(new Piece(index, text), Optional.empty()));
      } while (text.isPresent());
    } catch (RuntimeException e) {
      arrivals.add(new Arrival(new Piece(index, Optional.empty()), Optional.of(e)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Waits for the next piece of any answer; nothing once all have ended.
   *
   * @throws EngineException if the arithmetic of one failed
   */
  public Optional<Piece> next() throws InterruptedException {
    if (running == 0) {
      return Optional.empty();
    }
    Piece piece =
        generations.size() == 1 ? new Piece(0, generations.getFirst().next()) : takeArrival();
    if (piece.text().isEmpty()) {
      running--;
      Generations.requireCompleted(generations.get(piece.index()));
    }
    return Optional.of(piece);
  }

  private Piece takeArrival() throws InterruptedException {
    Arrival arrival = arrivals.take();
    if (arrival.failure().isPresent()) {
      throw arrival.failure().get();
    }
    return arrival.piece();
  }

  public List<Generation> generations() {
    return generations;
  }

  public Generation get(int index) {
    return generations.get(index);
  }

  @Override
  public void close() {
    generations.forEach(Generation::close);
  }
}

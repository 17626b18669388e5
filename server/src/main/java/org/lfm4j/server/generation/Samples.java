package org.lfm4j.server.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.lfm4j.Generation;
import org.lfm4j.engine.EngineException;

/**
 * The answers to one request, to one prompt or to several, merged in the order in which their text
 * comes. Read by one thread; {@link #close} may come from any.
 */
public final class Samples implements AutoCloseable {

  /** More text of an answer, or none once it has ended. */
  public record Piece(int index, Optional<String> text) {}

  private record Arrival(Piece piece, Optional<Throwable> failure) {}

  private final List<Generation> generations;
  private final int each;
  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private int running;

  /**
   * Answers that have been started.
   *
   * @param generations those to the first prompt, then those to the next, and so on
   * @param each how many to each prompt
   */
  public Samples(List<Generation> generations, int each) {
    this.generations = generations;
    this.each = each;
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
    } catch (RuntimeException | Error e) {
      // Whatever it is, the reader must not wait for this answer for ever.
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
    switch (arrival.failure().orElse(null)) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> {}
    }
    return arrival.piece();
  }

  /** Waits for the end of all answers and returns their texts. */
  List<String> texts() throws InterruptedException {
    List<StringBuilder> texts = generations.stream().map(g -> new StringBuilder()).toList();
    for (Optional<Piece> piece = next(); piece.isPresent(); piece = next()) {
      texts.get(piece.get().index()).append(piece.get().text().orElse(""));
    }
    return texts.stream().map(StringBuilder::toString).toList();
  }

  /** Returns which prompt a sample belongs to. */
  public int promptOf(int index) {
    return index / each;
  }

  /** Returns the first sample of a sample's prompt, which alone knows about the prompt itself. */
  public Generation firstLike(int index) {
    return generations.get(promptOf(index) * each);
  }

  /** Returns the first sample of each prompt. */
  List<Generation> firstOfEachPrompt() {
    List<Generation> firsts = new ArrayList<>();
    for (int i = 0; i < generations.size(); i += each) {
      firsts.add(generations.get(i));
    }
    return firsts;
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

package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.lfm4j.sampling.Sampler;

/**
 * Finds out what grammars allow next while the runner computes the logits that it is needed for.
 * Places that have been visited before need no work, and then nothing happens here. Engine thread
 * only.
 */
final class MasksAhead {
  private final Executor threads;
  private final List<CompletableFuture<Void>> running = new ArrayList<>();

  MasksAhead(Executor threads) {
    this.threads = threads;
  }

  /** Starts on the sequences that will be sampled after this step. */
  void begin(List<Sequence> batched) {
    for (int i = 0; i < batched.size(); i++) {
      Sequence sequence = batched.get(i);
      if (sequence.sampler.needsMask() && sequence.scheduled() == sequence.remaining()) {
        Sampler sampler = sequence.sampler;
        running.add(CompletableFuture.runAsync(() -> prepare(sampler), threads));
      }
    }
  }

  /** What goes wrong here goes wrong again in sampling, where the sequence fails alone. */
  @SuppressWarnings("CatchThrowable")
  private static void prepare(Sampler sampler) {
    try {
      sampler.prepareMask();
    } catch (Throwable e) {
      System.getLogger(MasksAhead.class.getName())
          .log(System.Logger.Level.DEBUG, "a grammar can't be followed", e);
    }
  }

  /** Waits until all are done. */
  void join() {
    for (int i = 0; i < running.size(); i++) {
      running.get(i).join();
    }
    running.clear();
  }
}

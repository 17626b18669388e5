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
  void begin(Step step) {
    for (int i = 0; i < step.size(); i++) {
      Sampler sampler = step.sequence(i).sampler;
      if (step.completes(i) && sampler.needsMask()) {
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

package org.lfm4j.engine;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SequenceState;
import org.lfm4j.sampling.Sampler;

/**
 * Runs requests on a runner, one after the other, in the order in which they came. The engine's own
 * platform thread is the only one that touches the runner; {@link #submit} and {@link #close} may
 * be called from any thread.
 */
public final class Engine implements AutoCloseable {
  /** Prompt tokens between two looks at whether the caller went away. */
  private static final int PREFILL_CHUNK = 512;

  private static final float[] NO_LOGITS = {};

  private final Runner runner;
  private final float[] logits;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Queue<Job> waiting = new ArrayDeque<>();
  private boolean closed;
  private volatile @Nullable TokenStream running;

  private record Job(Request request, TokenStream stream) {}

  /** Starts the engine thread. The engine owns the runner and closes it. */
  public Engine(Runner runner) {
    this.runner = runner;
    this.logits = new float[runner.config().vocabSize()];
    this.thread = Thread.ofPlatform().name("lfm-engine").daemon().start(this::loop);
  }

  /**
   * Queues a request.
   *
   * @throws IllegalStateException if the engine is closed
   */
  public TokenStream submit(Request request) {
    TokenStream stream = new TokenStream();
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the engine is closed");
      }
      waiting.add(new Job(request, stream));
      arrived.signal();
    } finally {
      lock.unlock();
    }
    return stream;
  }

  /** Returns whether requests are still run: false once closed or if the thread died. */
  public boolean isAlive() {
    return thread.isAlive();
  }

  /** Ends the running request and the waiting ones, then frees the runner. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
    TokenStream current = running;
    if (current != null) {
      current.cancel();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    try (runner) {
      for (Job job = take(); job != null; job = take()) {
        run(job.request(), job.stream());
      }
    } finally {
      waiting.forEach(job -> job.stream().end());
    }
  }

  /** Waits for work; null once the engine is closed. */
  private @Nullable Job take() {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closed) {
        arrived.awaitUninterruptibly();
      }
      if (closed) {
        return null;
      }
      Job job = waiting.remove();
      running = job.stream();
      return job;
    } finally {
      lock.unlock();
    }
  }

  // Whatever goes wrong with one request, memory included, must not take the engine down.
  @SuppressWarnings("CatchThrowable")
  private void run(Request request, TokenStream stream) {
    int capacity = request.prompt().length + request.maxTokens();
    try (SequenceState sequence = runner.open(capacity)) {
      generate(request, sequence, stream);
      stream.end();
    } catch (Throwable e) {
      stream.fail(e);
    }
  }

  private void generate(Request request, SequenceState sequence, TokenStream stream) {
    Sampler sampler = new Sampler(request.sampling(), logits.length);
    int[] prompt = request.prompt();
    for (int token : prompt) {
      sampler.observe(token);
    }
    for (int from = 0; from < prompt.length && !stream.cancelled(); from += PREFILL_CHUNK) {
      int to = Math.min(from + PREFILL_CHUNK, prompt.length);
      runner.forward(sequence, prompt, from, to, to == prompt.length ? logits : NO_LOGITS);
    }
    int[] next = new int[1];
    for (int generated = 1; !stream.cancelled(); generated++) {
      next[0] = sampler.sample(logits);
      sampler.observe(next[0]);
      stream.append(next[0]);
      if (generated == request.maxTokens() || request.stopIds().contains(next[0])) {
        return;
      }
      runner.forward(sequence, next, 0, 1, logits);
    }
  }
}

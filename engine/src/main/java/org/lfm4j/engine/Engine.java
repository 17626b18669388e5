package org.lfm4j.engine;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.grammar.Grammar;

/**
 * Runs requests on a runner, many in each step. The engine's own platform thread is the only one
 * that touches the step loop and the runner; {@link #submit}, {@link #stats} and {@link #close} may
 * be called from any thread.
 *
 * <p>A step that fails costs the requests to blame their lives, a broken runner all of them: they
 * fail with its reason, and the engine stops.
 */
public final class Engine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Engine.class.getName());

  /** Rows of logits that a step needs besides one for each sequence. */
  public static final int PROMPT_LOGIT_ROWS = Scheduler.PROMPT_LOGIT_ROWS;

  private final EngineConfig config;
  private final Runner runner;
  private final CacheSpec cacheSpec;
  private final ExecutorService maskThreads;
  private final StepLoop steps;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Sequence> arrived = new ArrayList<>();
  private final AtomicLong arrivals = new AtomicLong();
  private boolean cancellations;
  private boolean closed;

  /** Why the engine has stopped though nobody closed it. */
  private volatile @Nullable Throwable failure;

  /** Takes the runner's memory and starts the engine thread. The engine closes the runner. */
  public Engine(Runner runner, EngineConfig config) {
    this.config = config;
    this.runner = runner;
    this.cacheSpec = runner.cacheSpec();
    this.maskThreads = Executors.newFixedThreadPool(maskThreads(), Engine::maskThread);
    this.steps = new StepLoop(runner, config, maskThreads);
    this.thread = Thread.ofPlatform().name("lfm-engine").daemon().start(this::run);
  }

  /** Masks are computed beside the runner, which must not lose much of the machine to them. */
  private static int maskThreads() {
    return Math.clamp(Runtime.getRuntime().availableProcessors() / 4, 1, 8);
  }

  private static Thread maskThread(Runnable task) {
    return Thread.ofPlatform().name("lfm-masks").daemon().unstarted(task);
  }

  /**
   * Queues a request.
   *
   * @return a stream for each of its samples
   * @throws IllegalArgumentException if it could never fit into the cache
   * @throws QueueFullException if too many requests wait already
   * @throws IllegalStateException if the engine is closed, or has stopped because its runner is
   *     broken
   */
  public List<TokenStream> submit(Request request) {
    long capacity = (long) config.pages() * cacheSpec.pageTokens();
    if (request.maxLength() > capacity) {
      throw new IllegalArgumentException(
          "prompt and max_tokens together are %d tokens, but the cache holds %d: ask for fewer tokens or start with a larger cache"
              .formatted(request.maxLength(), capacity));
    }
    if (request.grammar().filter(g -> g.vocabSize() != runner.config().vocabSize()).isPresent()) {
      throw new IllegalArgumentException(
          "the grammar was compiled for another vocabulary: compile it with this model's tokenizer");
    }
    List<Sequence> samples = new ArrayList<>();
    for (int i = 0; i < request.samples(); i++) {
      samples.add(newSequence(request, i));
    }
    samples.getFirst().addSiblings(samples.subList(1, samples.size()));
    enqueue(samples.getFirst());
    return samples.stream().map(sample -> sample.stream).toList();
  }

  private Sequence newSequence(Request request, int sample) {
    Sampler sampler =
        new Sampler(
            request.sampling().forSample(sample),
            runner.config().vocabSize(),
            request.stopIds(),
            request.grammar().map(Grammar::newMatcher));
    sampler.observePrompt(request.prompt());
    TokenStream stream = new TokenStream(this::wakeForCancellation);
    return new Sequence(request, stream, sampler, arrivals.getAndIncrement());
  }

  private void enqueue(Sequence sequence) {
    lock.lock();
    try {
      if (closed) {
        throw failure()
            .map(why -> new IllegalStateException("the engine has stopped: " + why))
            .orElseGet(() -> new IllegalStateException("the engine is closed"));
      }
      int waiting = arrived.size() + stats().waiting();
      if (waiting >= config.maxWaiting()) {
        throw new QueueFullException(waiting);
      }
      arrived.add(sequence);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void wakeForCancellation() {
    lock.lock();
    try {
      cancellations = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether requests are still run: false once closed or broken. */
  public boolean isAlive() {
    return thread.isAlive() && failure == null;
  }

  /** Returns why the engine has stopped, if it has without being closed. */
  public Optional<String> failure() {
    return Optional.ofNullable(failure)
        .map(why -> why.getMessage() == null ? why.toString() : why.getMessage());
  }

  /** Returns what the engine did up to its last step. */
  public EngineStats stats() {
    return steps.stats();
  }

  /** Ends all requests, then frees the runner. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
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

  private void run() {
    try (runner) {
      loop();
    } finally {
      maskThreads.shutdown();
    }
  }

  // Whatever ends the loop, nobody may wait for it.
  @SuppressWarnings("CatchThrowable")
  private void loop() {
    try {
      while (takeArrivals()) {
        steps.dropGivenUp();
        if (!steps.idle()) {
          steps.step();
        }
        steps.publish();
      }
      takeLast();
      steps.endAll(Optional.empty());
    } catch (Throwable e) {
      LOG.log(Level.ERROR, "The engine has stopped", e);
      failure = e;
      takeLast();
      steps.endAll(Optional.of(e));
      steps.publish();
    }
  }

  /** Takes what has arrived, and closes the door. */
  private void takeLast() {
    lock.lock();
    try {
      closed = true;
      arrived.forEach(steps::add);
      arrived.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is something to do; false once the engine is closed. */
  private boolean takeArrivals() {
    lock.lock();
    try {
      while (!closed && arrived.isEmpty() && !cancellations && steps.idle()) {
        changed.awaitUninterruptibly();
      }
      cancellations = false;
      if (closed) {
        return false;
      }
      arrived.forEach(steps::add);
      arrived.clear();
      return true;
    } finally {
      lock.unlock();
    }
  }
}

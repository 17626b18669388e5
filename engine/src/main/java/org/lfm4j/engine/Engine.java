package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.Logprobs;
import org.lfm4j.sampling.Sampler;

/**
 * Runs requests on a runner, many in each step. The engine's own platform thread is the only one
 * that touches scheduler and runner; {@link #submit}, {@link #stats} and {@link #close} may be
 * called from any thread.
 */
public final class Engine implements AutoCloseable {
  private static final Predicate<Sequence> ANY = sequence -> true;
  private static final Predicate<Sequence> CANCELLED = sequence -> sequence.stream.cancelled();
  private static final Predicate<Sequence> LATE = Sequence::late;

  private final EngineConfig config;
  private final Runner runner;
  private final CacheSpec cacheSpec;
  private final Scheduler scheduler;
  private final Batch batch;
  private final StepResult result;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Sequence> arrived = new ArrayList<>();
  private boolean closed;
  private boolean cancellations;

  private final AtomicLong arrivals = new AtomicLong();
  private volatile EngineStats stats = EngineStats.NONE;

  /** Raw logits of one row, where they are needed after sampling has changed them. */
  private final float[] rawLogits;

  private long steps;
  private long promptTokens;
  private long generatedTokens;
  private long failures;

  /** Takes the runner's memory and starts the engine thread. The engine closes the runner. */
  public Engine(Runner runner, EngineConfig config) {
    this.config = config;
    this.runner = runner;
    this.cacheSpec = runner.cacheSpec();
    this.scheduler = new Scheduler(config, cacheSpec.pageTokens(), runner::copyPage);
    this.batch = new Batch(config.maxBatchedTokens(), config.maxSequences());
    int logitRows = config.maxSequences() + Scheduler.PROMPT_LOGIT_ROWS;
    this.result = new StepResult(logitRows, runner.config().vocabSize());
    this.rawLogits = new float[runner.config().vocabSize()];
    runner.allocate(config.pages(), config.maxBatchedTokens(), logitRows);
    this.thread = Thread.ofPlatform().name("lfm-engine").daemon().start(this::loop);
  }

  /**
   * Queues a request.
   *
   * @return a stream for each of its samples
   * @throws IllegalArgumentException if it could never fit into the cache
   * @throws QueueFullException if too many requests wait already
   * @throws IllegalStateException if the engine is closed
   */
  public List<TokenStream> submit(Request request) {
    long capacity = (long) config.pages() * cacheSpec.pageTokens();
    if (request.maxLength() > capacity) {
      throw new IllegalArgumentException(
          "prompt and max_tokens together are %d tokens, but the cache holds %d: ask for fewer tokens or start with a larger cache"
              .formatted(request.maxLength(), capacity));
    }
    List<Sequence> samples = new ArrayList<>();
    for (int i = 0; i < request.samples(); i++) {
      samples.add(newSequence(request, i));
    }
    samples.getFirst().addSiblings(samples.subList(1, samples.size()));
    enqueue(samples.getFirst());
    return samples.stream().map(sample -> sample.stream).toList();
  }

  private void enqueue(Sequence sequence) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the engine is closed");
      }
      int waiting = arrived.size() + stats.waiting();
      if (waiting >= config.maxWaiting()) {
        throw new QueueFullException(waiting);
      }
      arrived.add(sequence);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private Sequence newSequence(Request request, int sample) {
    Sampler sampler =
        new Sampler(
            request.sampling().forSample(sample), runner.config().vocabSize(), request.stopIds());
    sampler.observePrompt(request.prompt());
    TokenStream stream = new TokenStream(this::cancelled);
    return new Sequence(request, stream, sampler, arrivals.getAndIncrement(), scheduler.pool());
  }

  private void cancelled() {
    lock.lock();
    try {
      cancellations = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Returns what the engine did up to its last step. */
  public EngineStats stats() {
    return stats;
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

  private void loop() {
    try (runner) {
      while (takeArrivals()) {
        dropGivenUp();
        if (!scheduler.idle()) {
          step();
        }
        stats = snapshot();
      }
    } finally {
      arrived.forEach(scheduler::add);
      for (Sequence s = scheduler.first(ANY); s != null; s = scheduler.first(ANY)) {
        end(s);
      }
    }
  }

  /** Waits until there is something to do; false once the engine is closed. */
  private boolean takeArrivals() {
    lock.lock();
    try {
      while (!closed && arrived.isEmpty() && !cancellations && scheduler.idle()) {
        changed.awaitUninterruptibly();
      }
      cancellations = false;
      if (closed) {
        return false;
      }
      arrived.forEach(scheduler::add);
      arrived.clear();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void dropGivenUp() {
    for (Sequence s = scheduler.first(CANCELLED); s != null; s = scheduler.first(CANCELLED)) {
      end(s);
    }
    for (Sequence s = scheduler.first(LATE); s != null; s = scheduler.first(LATE)) {
      fail(s, new DeadlineException());
    }
  }

  // Whatever goes wrong in a step, memory included, must not take the engine down.
  @SuppressWarnings("CatchThrowable")
  private void step() {
    StepEvent event = new StepEvent();
    event.begin();
    long before = System.nanoTime();
    scheduler.schedule(batch);
    long scheduled = System.nanoTime();
    try {
      runner.step(batch, result);
    } catch (Throwable e) {
      Sequence guilty = scheduler.blame();
      if (guilty != null) {
        fail(guilty, e);
      }
      return;
    }
    long computed = System.nanoTime();
    steps++;
    countTokens(event);
    scheduler.advance();
    sampleAll();
    event.overheadNanos = scheduled - before + System.nanoTime() - computed;
    record(event);
  }

  private void countTokens(StepEvent event) {
    for (Sequence sequence : scheduler.batched()) {
      if (sequence.generated() > 0 && sequence.remaining() == 1) {
        event.decodeTokens++;
      } else {
        event.prefillTokens += sequence.scheduled();
      }
    }
    promptTokens += event.prefillTokens;
  }

  private void record(StepEvent event) {
    if (event.shouldCommit()) {
      event.sequences = batch.sequences();
      event.waiting = scheduler.waitingCount();
      event.pagesHeld = scheduler.pool().held();
      event.reusedTokens = scheduler.reusedTokens();
      event.preemptions = scheduler.preemptions();
      event.commit();
    }
  }

  /** Gives every sequence of the batch that has logits its next token. */
  private void sampleAll() {
    int row = 0;
    for (Sequence sequence : scheduler.batched()) {
      int rows = sequence.logitRows();
      if (rows > 0) {
        sampleOne(sequence, row, rows);
        row += rows;
      }
    }
  }

  // A request whose sampling fails must fail alone.
  @SuppressWarnings("CatchThrowable")
  private void sampleOne(Sequence sequence, int row, int rows) {
    int vocabSize = result.vocabSize();
    try {
      sequence.reportPromptLogprobs(result.logits(), row * vocabSize, vocabSize);
      if (sequence.remaining() == 0) {
        int last = (row + rows - 1) * vocabSize;
        fork(sequence, last);
        choose(sequence, result.logits(), last);
      }
    } catch (Throwable e) {
      fail(sequence, e);
    }
  }

  /** Once the prompt is computed, its other samples start from the same logits. */
  private void fork(Sequence sequence, int offset) {
    for (Sequence sibling : sequence.takeSiblings()) {
      scheduler.fork(sequence, sibling);
      float[] logits = Arrays.copyOfRange(result.logits(), offset, offset + result.vocabSize());
      choose(sibling, logits, 0);
    }
  }

  private void choose(Sequence sequence, float[] logits, int offset) {
    boolean logprobs = sequence.request.sampling().logprobs().isPresent();
    if (logprobs) {
      System.arraycopy(logits, offset, rawLogits, 0, rawLogits.length);
    }
    int token = sequence.sampler.sample(logits, offset);
    sequence.sampler.observe(token);
    sequence.append(token);
    generatedTokens++;
    if (logprobs) {
      int top = sequence.request.sampling().logprobs().getAsInt();
      sequence.stream.append(token, Logprobs.of(rawLogits, 0, rawLogits.length, token, top));
    } else {
      sequence.stream.append(token);
    }
    if (sequence.generated() == sequence.request.maxTokens()
        || sequence.request.stopIds().contains(token)) {
      end(sequence);
    }
  }

  private void end(Sequence sequence) {
    retire(sequence);
    sequence.stream.end();
  }

  private void fail(Sequence sequence, Throwable cause) {
    failures++;
    retire(sequence);
    sequence.stream.fail(cause);
  }

  /** Takes a sequence out; samples that were to be forked from it go their own way. */
  private void retire(Sequence sequence) {
    scheduler.remove(sequence);
    sequence.takeSiblings().forEach(scheduler::add);
  }

  private EngineStats snapshot() {
    return new EngineStats(
        scheduler.runningCount(),
        scheduler.waitingCount(),
        steps,
        promptTokens,
        generatedTokens,
        scheduler.reusedTokens(),
        scheduler.preemptions(),
        failures,
        scheduler.pool().held(),
        config.pages());
  }
}

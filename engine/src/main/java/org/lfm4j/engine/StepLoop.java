package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.Logprobs;

/**
 * One step after the other: schedule, compute, sample, retire. Belongs to the thread that calls it,
 * the engine thread or a test; only {@link #stats} is for all.
 */
final class StepLoop {
  private final Runner runner;
  private final Scheduler scheduler;
  private final Batch batch;
  private final StepResult result;

  /** Raw logits of one row, where they are needed after sampling has changed them. */
  private final float[] rawLogits;

  /** Reused, since a step allocates nothing. */
  private final StepEvent event = new StepEvent();

  /**
   * Streams that have tokens which their readers were not told of. Readers are woken while the next
   * batch is computed: woken before, they would take time, and compete for the processors with the
   * sampling of the others and with the scheduler, while device and workers have nothing to do.
   */
  private final List<TokenStream> unannounced = new ArrayList<>();

  /** Made once, since a step allocates nothing. */
  private final Runnable announcement = this::announce;

  private final EngineCounters counters = new EngineCounters();
  private long steps;
  private long promptTokens;
  private long generatedTokens;
  private long failures;

  private final MasksAhead masksAhead;

  /** What the runner chooses; there is none if it doesn't. */
  private final @Nullable RunnerChoices choices;

  /**
   * Prepares a loop.
   *
   * @param maskThreads where the masks of grammars are computed while the runner computes
   */
  StepLoop(Runner runner, EngineConfig config, Executor maskThreads) {
    this.runner = runner;
    this.masksAhead = new MasksAhead(maskThreads);
    this.scheduler = new Scheduler(config, runner.cacheSpec().pageTokens(), runner::copyPage);
    this.batch = new Batch(config.maxBatchedTokens(), config.maxSequences());
    int logitRows = config.maxSequences() + Scheduler.PROMPT_LOGIT_ROWS;
    int vocabSize = runner.config().vocabSize();
    this.result = new StepResult(logitRows, vocabSize, config.maxSequences());
    this.rawLogits = new float[vocabSize];
    runner.allocate(config.pages(), config.maxBatchedTokens(), logitRows);
    this.choices =
        runner.choosesTokens()
            ? new RunnerChoices(batch, config.maxSequences(), vocabSize, masksAhead)
            : null;
    if (choices != null) {
      runner.allocateSlots(config.maxSequences());
    }
  }

  PagePool pool() {
    return scheduler.pool();
  }

  boolean idle() {
    return scheduler.idle();
  }

  void add(Sequence sequence) {
    scheduler.add(sequence);
  }

  /** Ends cancelled requests and fails those whose deadline has passed. */
  void dropGivenUp() {
    Sequence sequence;
    while ((sequence = scheduler.first(Sequence::cancelled)) != null) {
      end(sequence);
    }
    while ((sequence = scheduler.first(Sequence::late)) != null) {
      fail(sequence, new DeadlineException());
    }
  }

  void endAll() {
    Sequence sequence;
    while ((sequence = scheduler.first(any -> true)) != null) {
      end(sequence);
    }
  }

  // Whatever goes wrong in a step, memory included, must not take the engine down.
  @SuppressWarnings("CatchThrowable")
  void step() {
    event.begin();
    long begun = System.nanoTime();
    scheduler.schedule(batch);
    if (choices != null) {
      choices.fill(scheduler.batched());
    }
    long scheduled = System.nanoTime();
    masksAhead.begin(scheduler.batched());
    try {
      runner.step(batch, result, announcement);
    } catch (Throwable e) {
      announce();
      masksAhead.join();
      if (choices != null) {
        choices.forget(scheduler.batched());
      }
      Sequence guilty = scheduler.blame();
      if (guilty != null) {
        fail(guilty, e);
      }
      return;
    }
    long computed = System.nanoTime();
    masksAhead.join();
    steps++;
    countTokens();
    scheduler.advance();
    long advanced = System.nanoTime();
    sampleAll();
    event.schedulingNanos = scheduled - begun + advanced - computed;
    event.samplingNanos = System.nanoTime() - advanced;
    record();
  }

  private void announce() {
    for (int i = 0; i < unannounced.size(); i++) {
      unannounced.get(i).announce();
    }
    unannounced.clear();
  }

  private void countTokens() {
    event.decodeTokens = 0;
    event.prefillTokens = 0;
    List<Sequence> batched = scheduler.batched();
    for (int i = 0; i < batched.size(); i++) {
      Sequence sequence = batched.get(i);
      if (sequence.generated() > 0 && sequence.remaining() == 1) {
        event.decodeTokens++;
      } else {
        event.prefillTokens += sequence.scheduled();
      }
    }
    promptTokens += event.prefillTokens;
    counters.step(event.prefillTokens + event.decodeTokens);
  }

  private void record() {
    event.end();
    if (event.shouldCommit()) {
      event.sequences = batch.sequences();
      event.waiting = scheduler.waitingCount();
      event.pagesHeld = scheduler.pool().held();
      event.reusedTokens = scheduler.reusedTokens();
      event.preemptions = scheduler.preemptions();
      event.commit();
    }
  }

  /** Gives every sequence of the batch that has been computed to its end the next token. */
  private void sampleAll() {
    int row = 0;
    List<Sequence> batched = scheduler.batched();
    for (int i = 0; i < batched.size(); i++) {
      Sequence sequence = batched.get(i);
      int rows = sequence.logitRows();
      if (rows > 0) {
        sampleOne(sequence, row, rows);
        row += rows;
      }
    }
  }

  // Logits that are not finite must fail their own request only.
  @SuppressWarnings("CatchThrowable")
  private void sampleOne(Sequence sequence, int row, int rows) {
    int vocabSize = result.vocabSize();
    try {
      sequence.reportPromptLogprobs(result.logits(), row * vocabSize, vocabSize);
    } catch (Throwable e) {
      fail(sequence, e);
      return;
    }
    if (sequence.remaining() == 0) {
      int last = (row + rows - 1) * vocabSize;
      fork(sequence, last);
      if (choices != null && sequence.choice() != Sequence.HOST) {
        takeOrFail(sequence, choices);
      } else {
        chooseOrFail(sequence, result.logits(), last);
      }
    }
  }

  // As when the host chooses, only this sequence fails.
  @SuppressWarnings("CatchThrowable")
  private void takeOrFail(Sequence sequence, RunnerChoices chosen) {
    try {
      int token = chosen.token(sequence, result);
      sequence.sampler.observe(token);
      sequence.append(token);
      generatedTokens++;
      OptionalInt top = sequence.request.sampling().logprobs();
      if (top.isPresent()) {
        sequence.stream.append(token, chosen.logprobs(sequence, result, top.getAsInt()));
      } else {
        sequence.stream.append(token);
      }
      endIfDone(sequence, token);
    } catch (Throwable e) {
      fail(sequence, e);
    }
  }

  /** Once the prompt is computed, its other samples start from the same logits. */
  private void fork(Sequence sequence, int offset) {
    List<Sequence> siblings = sequence.takeSiblings();
    for (int i = 0; i < siblings.size(); i++) {
      Sequence sibling = siblings.get(i);
      scheduler.fork(sequence, sibling);
      float[] logits = Arrays.copyOfRange(result.logits(), offset, offset + result.vocabSize());
      chooseOrFail(sibling, logits, 0);
    }
  }

  // A request whose sampling fails must fail alone.
  @SuppressWarnings("CatchThrowable")
  private void chooseOrFail(Sequence sequence, float[] logits, int offset) {
    try {
      choose(sequence, logits, offset);
    } catch (Throwable e) {
      fail(sequence, e);
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
    endIfDone(sequence, token);
  }

  private void endIfDone(Sequence sequence, int token) {
    unannounced.add(sequence.stream);
    if (sequence.generated() == sequence.request.maxTokens()
        || sequence.stopsAt(token)
        || sequence.sampler.ended()) {
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
    if (choices != null) {
      choices.forget(sequence);
    }
    sequence.takeSiblings().forEach(scheduler::add);
  }

  /** Makes the counters visible to {@link #stats}. */
  void publish() {
    if (scheduler.idle()) {
      announce();
    }
    counters.tokens(steps, promptTokens, generatedTokens, failures);
    counters.scheduler(scheduler);
    counters.experts(runner.expertsPerLayer());
  }

  /** Returns the counters as last published; from any thread. */
  EngineStats stats() {
    return counters.read();
  }

  /** Checks that pages and sequences agree; for tests, after every step. */
  void checkIntegrity() {
    scheduler.checkIntegrity();
  }
}

package org.lfm4j.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.BrokenRunnerException;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.Logprobs;
import org.lfm4j.sampling.TokenLogprobs;

/**
 * One step after the other: schedule, compute, sample, retire. On a runner whose steps overlap the
 * next one is scheduled and begun while it computes the one before, as long as what was chosen
 * there can't change what is to be computed but by ending a sequence; such a sequence's row is
 * computed for nothing. Belongs to the thread that calls it, the engine thread or a test; only
 * {@link #stats} is for all.
 */
final class StepLoop {
  private final Runner runner;
  private final Scheduler scheduler;

  /** Steps take turns: one is on its way while the next is made. */
  private Step free;

  private Step other;

  /** The step that is on its way between two calls of {@link #step}. */
  private @Nullable Step begun;

  /** Raw logits of one row, where they are needed after sampling has changed them. */
  private final float[] rawLogits;

  /** Reused, since a step allocates nothing. */
  private final StepEvent event = new StepEvent();

  private final SchedulingTime scheduling = new SchedulingTime(event);

  private final Unannounced unannounced = new Unannounced();
  private final EngineCounters counters = new EngineCounters();
  private long steps;
  private long promptTokens;
  private long generatedTokens;
  private long failures;

  private final MasksAhead masksAhead;

  /** Slots of a runner that chooses tokens. */
  private final @Nullable Slots slots;

  /** Prepares a loop; {@code maskThreads} compute the masks of grammars beside the runner. */
  StepLoop(Runner runner, EngineConfig config, Executor maskThreads) {
    this.runner = runner;
    this.masksAhead = new MasksAhead(maskThreads);
    this.scheduler = new Scheduler(config, runner.cacheSpec().pageTokens(), runner::copyPage);
    int logitRows = config.maxSequences() + Scheduler.PROMPT_LOGIT_ROWS;
    int vocabSize = runner.config().vocabSize();
    this.rawLogits = new float[vocabSize];
    runner.allocate(config.pages(), config.maxBatchedTokens(), logitRows);
    this.slots = runner.choosesTokens() ? new Slots(config.maxSequences()) : null;
    if (slots != null) {
      runner.allocateSlots(config.maxSequences());
    }
    // Only on the CPU is a start so short that clearing the room for all rows would show.
    int firstRows = runner.overlapsSteps() ? logitRows : 1;
    StepResult result = new StepResult(firstRows, vocabSize, config.maxSequences());
    this.free = newStep(config, result);
    this.other = runner.overlapsSteps() ? newStep(config, result) : free;
  }

  private Step newStep(EngineConfig config, StepResult result) {
    int most = config.maxSequences();
    Batch batch = new Batch(config.maxBatchedTokens(), most);
    RunnerChoices choices =
        slots == null
            ? null
            : new RunnerChoices(batch, slots, most, result.vocabSize(), masksAhead);
    return new Step(batch, result, most, choices);
  }

  PagePool pool() {
    return scheduler.pool();
  }

  boolean idle() {
    return scheduler.idle() && begun == null;
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

  /** Ends all requests, or fails them for the same reason. */
  void endAll(Optional<Throwable> failure) {
    unannounced.run();
    Sequence sequence;
    while ((sequence = scheduler.first(any -> true)) != null) {
      Sequence one = sequence;
      failure.ifPresentOrElse(why -> fail(one, why), () -> end(one));
    }
  }

  /**
   * Computes a step. What goes wrong fails the requests that are to blame, nothing else.
   *
   * @throws BrokenRunnerException if no later step can be computed either
   */
  void step() {
    event.begin();
    scheduling.reset();
    Step now = begun == null ? begin() : begun;
    begun = null;
    if (now != null) {
      begun = beginAhead(now);
      complete(now);
    }
  }

  /** Begins a step; null if there is nothing to compute, or if it failed at once. */
  // Whatever goes wrong in a step, memory included, must not take the engine down.
  @SuppressWarnings("CatchThrowable")
  private @Nullable Step begin() {
    scheduling.start();
    Step step = free;
    scheduler.schedule(step);
    step.plan();
    scheduling.stop();
    if (step.size() == 0) {
      return null;
    }
    masksAhead.begin(step);
    free = other;
    other = step;
    if (runner.overlapsSteps()) {
      try {
        runner.begin(step.batch);
      } catch (Throwable e) {
        step.fail(e);
      }
    }
    return step;
  }

  /** Begins the step after one that is on its way, if that need not be over for it. */
  private @Nullable Step beginAhead(Step now) {
    if (!runner.overlapsSteps()
        || now.failure() != null
        || !now.predictable()
        || !scheduler.canScheduleAhead()) {
      return null;
    }
    now.assume();
    return begin();
  }

  /** Waits for a step, and hands out what it computed. */
  private void complete(Step step) {
    Throwable failure = await(step);
    masksAhead.join();
    if (failure != null) {
      failed(step, failure);
      return;
    }
    scheduling.start();
    steps++;
    event.decodeTokens = step.decodeTokens();
    event.prefillTokens = step.prefillTokens();
    promptTokens += event.prefillTokens;
    counters.step(event.prefillTokens + event.decodeTokens);
    step.advance();
    scheduler.share(step);
    scheduling.stop();
    long advanced = System.nanoTime();
    sampleAll(step);
    event.samplingNanos = System.nanoTime() - advanced;
    if (begun != null) {
      // The runner has something to do meanwhile.
      unannounced.run();
    }
    record(step);
  }

  /** Returns what went wrong with a step, or null. */
  @SuppressWarnings("CatchThrowable")
  private @Nullable Throwable await(Step step) {
    Throwable failure = step.failure();
    try {
      if (!runner.overlapsSteps()) {
        step.result.reserve(step.batch.logitCount());
        runner.step(step.batch, step.result, unannounced);
        return null;
      }
      unannounced.run();
      if (failure == null) {
        runner.await(step.result);
      }
      return failure;
    } catch (Throwable e) {
      unannounced.run();
      return e;
    }
  }

  private void failed(Step step, Throwable failure) {
    Step after = begun;
    begun = null;
    if (after != null) {
      // Whatever it returns: it went on from what has failed.
      await(after);
      masksAhead.join();
      release(after);
    }
    release(step);
    if (failure instanceof BrokenRunnerException broken) {
      throw broken;
    }
    Sequence guilty = scheduler.blame(step);
    if (guilty != null) {
      fail(guilty, failure);
    }
    if (after != null) {
      scheduler.requeue(after);
    }
  }

  private void release(Step step) {
    if (slots != null) {
      slots.release(step);
    }
  }

  private void record(Step step) {
    event.end();
    if (event.shouldCommit()) {
      event.sequences = step.batch.sequences();
      event.waiting = scheduler.waitingCount();
      event.pagesHeld = scheduler.pool().held();
      event.reusedTokens = scheduler.reusedTokens();
      event.preemptions = scheduler.preemptions();
      event.commit();
    }
  }

  /** Gives every sequence of the step that has been computed to its end the next token. */
  private void sampleAll(Step step) {
    int row = 0;
    for (int i = 0; i < step.size(); i++) {
      if (step.stillRuns(i)) {
        sampleOne(step, i, row);
      }
      row += step.logitRows(i);
    }
  }

  // Logits that are not finite must fail their own request only.
  @SuppressWarnings("CatchThrowable")
  private void sampleOne(Step step, int index, int row) {
    Sequence sequence = step.sequence(index);
    StepResult result = step.result;
    int vocabSize = result.vocabSize();
    try {
      sequence.reportPromptLogprobs(
          result.logits(), row * vocabSize, vocabSize, step.logitRows(index));
    } catch (Throwable e) {
      fail(sequence, e);
      return;
    }
    if (step.completes(index)) {
      int last = (row + step.logitRows(index) - 1) * vocabSize;
      fork(sequence, result, last);
      RunnerChoices choices = step.choices;
      if (choices != null && step.choice(index) != Step.HOST) {
        takeOrFail(sequence, choices, step.choice(index), result);
      } else {
        chooseOrFail(sequence, result.logits(), last);
      }
    }
  }

  // As when the host chooses, only this sequence fails.
  @SuppressWarnings("CatchThrowable")
  private void takeOrFail(Sequence sequence, RunnerChoices choices, int choice, StepResult result) {
    try {
      int token = choices.token(choice, result);
      OptionalInt top = sequence.request.sampling().logprobs();
      take(
          sequence,
          token,
          top.isPresent() ? choices.logprobs(choice, result, top.getAsInt()) : null);
    } catch (Throwable e) {
      fail(sequence, e);
    }
  }

  /** Once the prompt is computed, its other samples start from the same logits. */
  private void fork(Sequence sequence, StepResult result, int offset) {
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
    OptionalInt top = sequence.request.sampling().logprobs();
    if (top.isPresent()) {
      System.arraycopy(logits, offset, rawLogits, 0, rawLogits.length);
    }
    int token = sequence.sampler.sample(logits, offset);
    take(
        sequence,
        token,
        top.isPresent()
            ? Logprobs.of(rawLogits, 0, rawLogits.length, token, top.getAsInt())
            : null);
  }

  private void take(Sequence sequence, int token, @Nullable TokenLogprobs logprobs) {
    sequence.sampler.observe(token);
    sequence.append(token);
    generatedTokens++;
    if (logprobs == null) {
      sequence.stream.append(token);
    } else {
      sequence.stream.append(token, logprobs);
    }
    unannounced.add(sequence.stream);
    if (sequence.exhausted() || sequence.stopsAt(token) || sequence.sampler.ended()) {
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
    if (slots != null) {
      slots.release(sequence);
    }
    sequence.takeSiblings().forEach(scheduler::add);
  }

  /** Makes the counters visible to {@link #stats}. */
  void publish() {
    if (scheduler.idle()) {
      unannounced.run();
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

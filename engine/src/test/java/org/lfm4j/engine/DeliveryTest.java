package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;

/** When readers are told of tokens: while the next step computes, and of all before the end. */
@Timeout(20)
class DeliveryTest {
  private static final int[] LONG = {1, 2, 3};
  private static final int[] SHORT = {4, 5};

  /**
   * Runs {@code meanwhile} between the halves of a step, as a device does, and looks at streams.
   */
  private static final class Halves implements Runner {
    final TracingRunner model = new TracingRunner(4);
    Runnable first = () -> {};
    Runnable second = () -> {};

    @Override
    public void step(Batch batch, StepResult result, Runnable meanwhile) {
      first.run();
      model.step(batch, result);
      meanwhile.run();
      second.run();
    }

    @Override
    public void step(Batch batch, StepResult result) {
      throw new AssertionError("the engine has something to do meanwhile");
    }

    @Override
    public ModelConfig config() {
      return model.config();
    }

    @Override
    public CacheSpec cacheSpec() {
      return model.cacheSpec();
    }

    @Override
    public long workspaceBytes(int maxRows, int maxLogitRows) {
      return 0;
    }

    @Override
    public void allocate(int pages, int maxRows, int maxLogitRows) {
      model.allocate(pages, maxRows, maxLogitRows);
    }

    @Override
    public void copyPage(int from, int to) {
      model.copyPage(from, to);
    }

    @Override
    public void close() {}
  }

  private final Halves runner = new Halves();
  private final StepLoop loop =
      new StepLoop(runner, new EngineConfig(64, 32, 4, 10, true, false), Runnable::run);
  private int arrivals;

  private TokenStream arrive(int[] prompt, int maxTokens, Optional<Long> deadline) {
    Request request =
        new Request(
            prompt,
            SamplingParams.builder().temperature(0).logprobs(1).build(),
            maxTokens,
            Set.of(),
            1,
            0,
            Optional.empty(),
            false,
            deadline);
    Sampler sampler = new Sampler(request.sampling(), TracingRunner.VOCAB, Set.of());
    TokenStream stream = new TokenStream(() -> {});
    loop.add(new Sequence(request, stream, sampler, arrivals++));
    return stream;
  }

  private TokenStream arrive(int[] prompt, int maxTokens) {
    return arrive(prompt, maxTokens, Optional.empty());
  }

  private static int delivered(TokenStream stream) {
    return stream.logprobs().size();
  }

  private static void assertEndsAfter(TokenStream stream, int[] prompt, int tokens)
      throws InterruptedException {
    assertThat(take(stream, tokens)).isEqualTo(TracingRunner.continuation(prompt, tokens));
    assertThat(stream.next()).isEqualTo(TokenStream.END);
  }

  private static int[] take(TokenStream stream, int tokens) throws InterruptedException {
    assertThat(delivered(stream)).isEqualTo(tokens);
    int[] taken = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      taken[i] = stream.next();
    }
    return taken;
  }

  @Test
  void aReaderIsWokenWhileTheNextStepComputes() throws Exception {
    TokenStream stream = arrive(LONG, 4);
    AtomicInteger step = new AtomicInteger();
    Thread reader = Thread.ofPlatform().start(() -> readToEnd(stream));
    runner.first =
        () -> {
          await(stream::readerWaits, step.get() == 0);
          assertThat(taken(stream)).isEqualTo(Math.max(0, step.get() - 1));
        };
    // Only when it waits again, so that it can't find the next token by itself.
    runner.second = () -> await(() -> taken(stream) == step.get() && stream.readerWaits(), true);
    while (!loop.idle()) {
      loop.step();
      step.getAndIncrement();
    }
    reader.join();

    assertThat(step).hasValue(4);
    assertThat(stream.taken()).isEqualTo(TracingRunner.continuation(LONG, 4));
  }

  private static int taken(TokenStream stream) {
    return stream.taken().length;
  }

  private static void await(BooleanSupplier condition, boolean patient) {
    while (patient && !condition.getAsBoolean()) {
      assertThat(Thread.currentThread().isInterrupted()).as("timed out").isFalse();
      Thread.onSpinWait();
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }

  private static void readToEnd(TokenStream stream) {
    try {
      while (stream.next() != TokenStream.END) {
        Thread.onSpinWait();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatIsCancelledOrLateGetsItsTokensFirst() throws Exception {
    TokenStream cancelled = arrive(LONG, 9);
    TokenStream late = arrive(SHORT, 9, Optional.of(System.nanoTime() - 1));
    loop.step();
    loop.step();
    cancelled.cancel();
    // Only here are deadlines looked at.
    loop.dropGivenUp();

    assertEndsAfter(cancelled, LONG, 2);
    assertThat(take(late, 2)).isEqualTo(TracingRunner.continuation(SHORT, 2));
    assertThatThrownBy(late::next).isInstanceOf(DeadlineException.class);
  }

  @Test
  void closingDeliversAllFirst() throws Exception {
    TokenStream stream = arrive(LONG, 9);
    loop.step();
    loop.endAll(Optional.empty());

    assertEndsAfter(stream, LONG, 1);
  }

  @Test
  void aStepThatFailsBeforeItComputesDeliversFirst() throws Exception {
    assertFails(() ->
        runner.first =
            () -> {
              throw new IllegalStateException("broken");
            });
  }

  @Test
  void aStepThatFailsAfterwardsDeliversOnce() throws Exception {
    assertFails(() ->
        runner.second =
            () -> {
              throw new IllegalStateException("broken");
            });
  }

  private void assertFails(Runnable breakRunner) throws InterruptedException {
    TokenStream stream = arrive(LONG, 9);
    loop.step();
    breakRunner.run();
    loop.step();

    assertThat(loop.idle()).isTrue();
    assertThat(take(stream, 1)).isEqualTo(TracingRunner.continuation(LONG, 1));
    assertThatThrownBy(stream::next)
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("broken");
  }

  @Test
  void aRunnerWithoutADeviceRunsTheStepEvenIfTheRestThrows() {
    TracingRunner plain = new TracingRunner(4);
    plain.allocate(1, 1, 1);
    Batch batch = new Batch(1, 1);
    batch.addSequence(0, new int[] {0}, 1);
    batch.addRow(3, false);

    assertThatThrownBy(() ->
            plain.step(
                batch,
                new StepResult(1, TracingRunner.VOCAB),
                () -> {
                  throw new IllegalStateException("meanwhile");
                }))
        .hasMessage("meanwhile");
    assertThat(plain.batchSizes()).containsExactly(1);
  }
}

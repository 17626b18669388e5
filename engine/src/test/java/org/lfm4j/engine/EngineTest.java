package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.runner.BrokenRunnerException;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;

@Timeout(20)
class EngineTest {

  private static Request request(int maxTokens, Set<Integer> stopIds, int... prompt) {
    return new Request(prompt, SamplingParams.GREEDY, maxTokens, stopIds);
  }

  private static List<Integer> drain(TokenStream stream) throws InterruptedException {
    List<Integer> tokens = new ArrayList<>();
    for (int id = stream.next(); id != TokenStream.END; id = stream.next()) {
      tokens.add(id);
    }
    return tokens;
  }

  private static final EngineConfig CONFIG = new EngineConfig(64, 32, 8, 1000, true, false);

  private static List<Integer> expected(int count, int... prompt) {
    return Arrays.stream(TracingRunner.continuation(prompt, count)).boxed().toList();
  }

  private static TokenStream submit(Engine engine, Request request) {
    return engine.submit(request).getFirst();
  }

  @Test
  void generatesUntilTheLimitOrAStopId() throws Exception {
    try (Engine engine = new Engine(new TracingRunner(4), CONFIG)) {
      List<Integer> nine = expected(9, 4);
      assertThat(drain(submit(engine, request(3, Set.of(), 4)))).isEqualTo(nine.subList(0, 3));
      int third = nine.get(2);
      assertThat(drain(submit(engine, request(9, Set.of(third), 4))))
          .isEqualTo(nine.subList(0, nine.indexOf(third) + 1));
    }
  }

  @Test
  void manyRequestsShareStepsAndNoneIsLost() throws Exception {
    TracingRunner runner = new TracingRunner(4);
    CountDownLatch start = holdFirstStep(runner);
    try (Engine engine = new Engine(runner, CONFIG)) {
      List<TokenStream> streams = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        streams.add(submit(engine, request(5, Set.of(), i % 50, 3, i % 7)));
      }
      start.countDown();
      for (int i = 0; i < 200; i++) {
        assertThat(drain(streams.get(i))).isEqualTo(expected(5, i % 50, 3, i % 7));
      }
      assertThat(engine.stats().steps()).isLessThan(200 * 5 / 4);
    }
  }

  @Test
  void aFailingRequestFailsAlone() throws Exception {
    try (Engine engine = new Engine(new TracingRunner(4), CONFIG)) {
      List<TokenStream> good = new ArrayList<>();
      good.add(submit(engine, request(8, Set.of(), 1)));
      TokenStream bad = submit(engine, request(2, Set.of(), 5, TracingRunner.POISON));
      good.add(submit(engine, request(8, Set.of(), 2)));

      assertThatThrownBy(() -> drain(bad))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("poison");
      assertThat(drain(good.get(0))).isEqualTo(expected(8, 1));
      assertThat(drain(good.get(1))).isEqualTo(expected(8, 2));
    }
  }

  @Test
  void aBrokenRunnerFailsAllRequestsAndStopsTheEngine() throws Exception {
    TracingRunner runner = new TracingRunner(4);
    CountDownLatch start = holdFirstStep(runner);
    try (Engine engine = new Engine(runner, new EngineConfig(64, 32, 2, 1000, true, false))) {
      List<TokenStream> streams = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        streams.add(submit(engine, request(8, Set.of(), i)));
      }
      Runnable held = runner.beforeStep;
      runner.beforeStep =
          () -> {
            held.run();
            throw new BrokenRunnerException("the device fell off", new IllegalStateException());
          };
      start.countDown();

      for (TokenStream stream : streams) {
        assertThatThrownBy(() -> drain(stream))
            .isInstanceOf(EngineException.class)
            .hasMessageContaining("the device fell off");
      }
      assertThat(engine.isAlive()).isFalse();
      assertThat(engine.failure()).contains("the device fell off");
      assertThatThrownBy(() -> submit(engine, request(1, Set.of(), 1)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the device fell off");
    }
    assertThat(runner.closed).isTrue();
  }

  @Test
  void cancellingStopsARunningRequestAndAQueuedOne() throws Exception {
    EngineConfig oneAtATime = new EngineConfig(4096, 32, 1, 10, true, false);
    try (Engine engine = new Engine(new TracingRunner(4), oneAtATime)) {
      TokenStream running = submit(engine, request(10_000, Set.of(), 1));
      TokenStream queued = submit(engine, request(5, Set.of(), 1));
      running.next();
      queued.cancel();
      assertThat(drain(queued)).isEmpty();
      running.cancel();

      assertThat(drain(submit(engine, request(1, Set.of(), 8)))).isEqualTo(expected(1, 8));
    }
  }

  @Test
  void aLongPromptIsCutToTheStepBudget() throws Exception {
    TracingRunner runner = new TracingRunner(4);
    int[] prompt = new int[75];
    try (Engine engine = new Engine(runner, CONFIG)) {
      assertThat(drain(submit(engine, request(2, Set.of(), prompt))))
          .isEqualTo(expected(2, prompt));
    }
    assertThat(runner.batchSizes()).containsExactly(32, 32, 11, 1);
  }

  @Test
  void aSecondTurnReusesTheFirst() throws Exception {
    try (Engine engine = new Engine(new TracingRunner(4), CONFIG)) {
      int[] first = {1, 2, 3, 4, 5, 6};
      drain(submit(engine, request(4, Set.of(), first)));
      int[] second = Arrays.copyOf(first, 12);
      System.arraycopy(TracingRunner.continuation(first, 4), 0, second, 6, 4);
      TokenStream stream = submit(engine, request(3, Set.of(), second));

      assertThat(drain(stream)).isEqualTo(expected(3, second));
      assertThat(stream.reusedTokens()).isEqualTo(8);
    }
  }

  @Test
  void saltsKeepPrefixesApart() throws Exception {
    int[] prompt = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    try (Engine engine = new Engine(new TracingRunner(4), CONFIG)) {
      List<Integer> reused = new ArrayList<>();
      for (String salt : List.of("a", "b", "a")) {
        Request salted =
            new Request(
                prompt,
                SamplingParams.GREEDY,
                1,
                Set.of(),
                1,
                0,
                Optional.of(salt),
                false,
                Optional.empty());
        TokenStream stream = submit(engine, salted);
        drain(stream);
        reused.add(stream.reusedTokens());
      }
      assertThat(reused).containsExactly(0, 0, 8);
    }
  }

  @Test
  void aFullQueueAndAHopelessRequestAreRefused() {
    EngineConfig tiny = new EngineConfig(4, 8, 1, 2, true, false);
    TracingRunner runner = new TracingRunner(4);
    CountDownLatch hold = new CountDownLatch(1);
    runner.beforeStep =
        () -> {
          try {
            hold.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    try (Engine engine = new Engine(runner, tiny)) {
      assertThatThrownBy(() -> engine.submit(request(10, Set.of(), 1, 2, 3, 4, 5, 6, 7)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("17 tokens")
          .hasMessageContaining("16");
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 5; i++) {
                  engine.submit(request(1, Set.of(), 1));
                }
              })
          .isInstanceOf(QueueFullException.class);
      hold.countDown();
    }
  }

  @Test
  void closingEndsEveryRequestAndClosesTheRunner() throws Exception {
    EngineConfig large = new EngineConfig(4096, 32, 8, 10, true, false);
    TracingRunner runner = new TracingRunner(4);
    Engine engine = new Engine(runner, large);
    TokenStream running = submit(engine, request(10_000, Set.of(), 1));
    running.next();

    engine.close();

    assertThat(drain(running).size()).isLessThan(10_000);
    assertThat(runner.closed).isTrue();
    assertThatThrownBy(() -> engine.submit(request(1, Set.of(), 1)))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Holds the first step back until all requests of a test are in. */
  private static CountDownLatch holdFirstStep(TracingRunner runner) {
    CountDownLatch start = new CountDownLatch(1);
    runner.beforeStep =
        () -> {
          try {
            start.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    return start;
  }

  private static Request withPriority(int priority, int... prompt) {
    return new Request(
        prompt,
        SamplingParams.GREEDY,
        4,
        Set.of(),
        1,
        priority,
        Optional.empty(),
        false,
        Optional.empty());
  }

  @Test
  void urgentRequestsRunFirstWherePrioritiesCount() throws Exception {
    TracingRunner runner = new TracingRunner(4);
    CountDownLatch start = holdFirstStep(runner);
    try (Engine engine = new Engine(runner, new EngineConfig(64, 32, 1, 10, false, true))) {
      TokenStream running = submit(engine, withPriority(0, 1));
      TokenStream patient = submit(engine, withPriority(5, 2));
      TokenStream urgent = submit(engine, withPriority(-5, 3));
      start.countDown();
      drain(urgent);
      drain(running);
      List<Integer> last = drain(patient);

      assertThat(last).isEqualTo(expected(4, 2));
      assertThat(runner.order().indexOf(3)).isLessThan(runner.order().indexOf(2));
    }
  }

  @Test
  void aRequestPastItsDeadlineFailsAlone() throws Exception {
    try (Engine engine = new Engine(new TracingRunner(4), CONFIG)) {
      Request late =
          new Request(
              new int[] {1},
              SamplingParams.GREEDY,
              4,
              Set.of(),
              1,
              0,
              Optional.empty(),
              false,
              Optional.of(System.nanoTime() - 1));

      assertThatThrownBy(() -> drain(submit(engine, late)))
          .isInstanceOf(DeadlineException.class)
          .hasMessageContaining("deadline");
      assertThat(drain(submit(engine, request(2, Set.of(), 1)))).isEqualTo(expected(2, 1));
    }
  }

  @Test
  void samplesShareThePromptsComputation() throws Exception {
    TracingRunner runner = new TracingRunner(4);
    int[] prompt = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    try (Engine engine = new Engine(runner, CONFIG)) {
      Request three =
          new Request(
              prompt,
              SamplingParams.GREEDY,
              3,
              Set.of(),
              3,
              0,
              Optional.empty(),
              false,
              Optional.empty());
      for (TokenStream sample : engine.submit(three)) {
        assertThat(drain(sample)).isEqualTo(expected(3, prompt));
      }
    }
    assertThat(runner.batchSizes()).containsExactly(10, 3, 3);
  }

  @Test
  void aPoolTooSmallForAllPreemptsTheLastAndLosesNothing() throws Exception {
    EngineConfig tight = new EngineConfig(6, 32, 4, 10, false, false);
    TracingRunner runner = new TracingRunner(4);
    CountDownLatch start = holdFirstStep(runner);
    try (Engine engine = new Engine(runner, tight)) {
      List<TokenStream> streams = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        streams.add(submit(engine, request(12, Set.of(), i, i, i)));
      }
      start.countDown();
      for (int i = 0; i < 4; i++) {
        assertThat(drain(streams.get(i))).isEqualTo(expected(12, i, i, i));
      }
      assertThat(engine.stats().preemptions()).isPositive();
    }
  }

  @Test
  void promptLogprobsCoverThePromptOnce() throws Exception {
    int[] prompt = new int[100];
    Arrays.setAll(prompt, i -> (7 * i) % 90);
    SamplingParams params = SamplingParams.builder().temperature(0).promptLogprobs(0).build();
    try (Engine engine = new Engine(new TracingRunner(4), CONFIG)) {
      Request request =
          new Request(prompt, params, 2, Set.of(), 1, 0, Optional.empty(), true, Optional.empty());
      TokenStream stream = submit(engine, request);

      assertThat(drain(stream)).isEqualTo(expected(2, prompt));
      assertThat(stream.promptLogprobs())
          .extracting(TokenLogprobs::token)
          .containsExactlyElementsOf(Arrays.stream(prompt).skip(1).boxed().toList());
    }
  }
}

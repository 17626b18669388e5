package org.lfm4j.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.engine.EngineException;
import org.lfm4j.server.model.ServedModel;

/** Time is what the test says it is; the engine does what the test says it does. */
@Timeout(60)
class WatchdogTest {
  private static final long SECOND = 1_000_000_000L;

  private final TestableModel model = new TestableModel();
  private final ServedModel served = new ServedModel(List.of("m"), "m");
  private final Watchdog watchdog =
      new Watchdog(served, Duration.ofSeconds(10), Duration.ofSeconds(60));

  WatchdogTest() {
    served.ready(model.model());
  }

  private void tick(long seconds) {
    watchdog.tick(seconds * SECOND);
  }

  /** Ticks until a probe that was sent has been answered. */
  private void tickUntil(long seconds, Supplier<Boolean> condition) throws InterruptedException {
    while (!condition.get()) {
      tick(seconds);
      Thread.sleep(1);
    }
  }

  @Test
  void anEngineThatComputesIsNotTried() {
    for (int second = 0; second < 600; second += 5) {
      model.tokens++;
      tick(second);
    }
    assertThat(model.asked).hasValue(0);
    assertThat(watchdog.trouble()).isEmpty();
  }

  @Test
  void anIdleEngineIsTriedWithOneToken() throws Exception {
    tick(0);
    tick(9);
    assertThat(model.asked).hasValue(0);
    tick(10);
    model.awaitAsked(1);
    assertThat(model.lastRequest().maxTokens()).isEqualTo(1);
    assertThat(model.lastRequest().prompt()).hasSize(1);
    model.answer();
    tickUntil(11, () -> model.closed.get() == 1);
    assertThat(watchdog.trouble()).isEmpty();
  }

  @Test
  void anEngineThatComputesNothingIsStuckUntilItDoes() throws Exception {
    tick(0);
    tick(10);
    model.awaitAsked(1);
    tick(70);
    assertThat(watchdog.trouble()).as("60 s are allowed").isEmpty();
    tick(71);
    assertThat(watchdog.trouble())
        .contains("the engine has computed nothing for 71 s: 3 requests run, 4 wait");
    tick(1000);
    assertThat(model.asked).as("one try at a time").hasValue(1);
    model.tokens++;
    tick(1001);
    assertThat(watchdog.trouble()).as("it recovered").isEmpty();
  }

  @Test
  void triesThatAreRefusedDoNotHideAStuckEngine() {
    model.refusal = () -> new IllegalStateException("no place in line");
    for (int second = 0; second <= 71; second++) {
      tick(second);
    }
    assertThat(watchdog.trouble().orElseThrow()).contains("computed nothing for 71 s");
  }

  @Test
  void anEngineThatFailsIsNotHealthyUntilItAnswers() throws Exception {
    model.failure = () -> new EngineException("matrix 3 caught fire", new ArithmeticException());
    tick(0);
    tick(10);
    model.awaitAsked(1);
    model.answer();
    tickUntil(11, () -> watchdog.trouble().isPresent());
    assertThat(watchdog.trouble().orElseThrow()).contains("matrix 3 caught fire");
    model.failure = () -> null;
    tick(21);
    model.awaitAsked(2);
    model.answer();
    tickUntil(22, () -> watchdog.trouble().isEmpty());
  }

  @Test
  void aModelThatLoadsIsLeftAlone() {
    served.progress("mapping weights");
    tick(0);
    tick(1000);
    assertThat(model.asked).hasValue(0);
    assertThat(watchdog.trouble()).isEmpty();
  }
}

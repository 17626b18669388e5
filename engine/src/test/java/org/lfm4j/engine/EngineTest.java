package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.sampling.SamplingParams;

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

  @Test
  void generatesUntilTheLimitOrAStopId() throws Exception {
    try (Engine engine = new Engine(new CountingRunner())) {
      assertThat(drain(engine.submit(request(3, Set.of(), 4)))).containsExactly(5, 6, 7);
      assertThat(drain(engine.submit(request(9, Set.of(6), 4)))).containsExactly(5, 6);
    }
  }

  @Test
  void requestsWaitInLineAndNoneIsLost() throws Exception {
    try (Engine engine = new Engine(new CountingRunner())) {
      List<TokenStream> streams = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        streams.add(engine.submit(request(2, Set.of(), i % 50)));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(drain(streams.get(i))).containsExactly(i % 50 + 1, i % 50 + 2);
      }
    }
  }

  @Test
  void aFailingRequestFailsAlone() throws Exception {
    CountingRunner runner = new CountingRunner();
    try (Engine engine = new Engine(runner)) {
      TokenStream bad = engine.submit(request(2, Set.of(), CountingRunner.POISON));
      TokenStream good = engine.submit(request(2, Set.of(), 1));

      assertThatThrownBy(() -> drain(bad))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("poison");
      assertThat(drain(good)).containsExactly(2, 3);
    }
    assertThat(runner.openSequences).isZero();
  }

  @Test
  void cancellingStopsARunningRequestAndSkipsAWaitingOne() throws Exception {
    CountingRunner runner = new CountingRunner();
    try (Engine engine = new Engine(runner)) {
      TokenStream running = engine.submit(request(Integer.MAX_VALUE / 2, Set.of(), 1));
      TokenStream waiting = engine.submit(request(5, Set.of(), 1));
      running.next();
      waiting.cancel();
      running.cancel();

      assertThat(drain(waiting)).isEmpty();
      assertThat(drain(engine.submit(request(1, Set.of(), 8)))).containsExactly(9);
    }
    assertThat(runner.openSequences).isZero();
  }

  @Test
  void aLongPromptIsCutIntoChunksAndOnlyTheLastAsksForLogits() throws Exception {
    CountingRunner runner = new CountingRunner();
    try (Engine engine = new Engine(runner)) {
      drain(engine.submit(request(1, Set.of(), new int[1300])));
    }
    assertThat(runner.chunks).containsExactly(512, 512, 276);
    assertThat(runner.logitRows).isEqualTo(1);
  }

  @Test
  void closingEndsEveryRequestAndClosesTheRunner() throws Exception {
    CountingRunner runner = new CountingRunner();
    Engine engine = new Engine(runner);
    TokenStream running = engine.submit(request(Integer.MAX_VALUE / 2, Set.of(), 1));
    TokenStream waiting = engine.submit(request(5, Set.of(), 1));
    CountDownLatch drained = new CountDownLatch(1);
    running.next();
    Thread reader =
        Thread.ofVirtual()
            .start(() -> {
              try {
                drain(running);
                drained.countDown();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });

    engine.close();

    reader.join();
    assertThat(drained.getCount()).isZero();
    assertThat(drain(waiting)).isEmpty();
    assertThat(runner.closed).isTrue();
    assertThatThrownBy(() -> engine.submit(request(1, Set.of(), 1)))
        .isInstanceOf(IllegalStateException.class);
  }
}

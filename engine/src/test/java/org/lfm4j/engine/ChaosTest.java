package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.lfm4j.engine.RandomRequests.Client;
import org.lfm4j.sampling.SamplingParams;

/**
 * Random schedules: arrivals, lengths, step budgets, pools so small that everything is preempted,
 * shared prefixes, forks, cancels and faults. Whatever happens, each request that survives gets
 * exactly the tokens that it gets alone, and no page is lost.
 */
class ChaosTest {
  private static final int POISON = TracingRunner.POISON;

  @Property(tries = 3000)
  void everyRequestGetsWhatItGetsAlone(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    int pageTokens = 1 + random.nextInt(6);
    int longest = 1 + random.nextInt(60);
    int pages = Math.ceilDiv(longest + 12, pageTokens) + random.nextInt(20);
    int maxSequences = 1 + random.nextInt(6);
    EngineConfig config =
        new EngineConfig(
            pages,
            maxSequences + random.nextInt(40),
            maxSequences,
            Integer.MAX_VALUE,
            random.nextInt(4) > 0,
            random.nextBoolean());
    TracingRunner runner = new TracingRunner(pageTokens);
    StepLoop loop = new StepLoop(runner, config, Runnable::run);
    boolean faults = random.nextInt(3) == 0;
    runner.beforeStep =
        () -> {
          if (faults && random.nextInt(10) == 0) {
            throw new IllegalStateException("injected fault");
          }
        };
    RandomRequests requests =
        new RandomRequests(
            random,
            loop,
            TracingRunner.VOCAB,
            SamplingParams.GREEDY,
            POISON,
            longest,
            12,
            prompt -> poison(random, prompt));
    List<Client> clients = requests.run(1 + random.nextInt(12));
    for (int rows : runner.batchSizes()) {
      assertThat(rows).isBetween(1, config.maxBatchedTokens());
    }
    for (Client client : clients) {
      if (Arrays.stream(client.request().prompt()).anyMatch(token -> token == POISON)) {
        checkPoisoned(client);
      } else {
        RandomRequests.check(
            client, r -> TracingRunner.continuation(r.prompt(), r.maxTokens()), faults);
      }
    }
  }

  private static void poison(Random random, int[] prompt) {
    if (random.nextInt(15) == 0) {
      prompt[random.nextInt(prompt.length)] = POISON;
    }
  }

  private static void checkPoisoned(Client client) throws InterruptedException {
    for (TokenStream stream : client.streams()) {
      List<Integer> got = new ArrayList<>();
      boolean failed = RandomRequests.drain(stream, got);
      assertThat(got).as("a poisoned request says nothing").isEmpty();
      assertThat(failed || stream.cancelled()).isTrue();
    }
  }
}

package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;

/**
 * Random schedules: arrivals, lengths, step budgets, pools so small that everything is preempted,
 * shared prefixes, forks, cancels and faults. Whatever happens, each request that survives gets
 * exactly the tokens that it gets alone, and no page is lost.
 */
class ChaosTest {
  private static final int POISON = TracingRunner.POISON;

  private record Client(Request request, List<TokenStream> streams, boolean poisoned) {}

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
    StepLoop loop = new StepLoop(runner, config);
    boolean faults = random.nextInt(3) == 0;
    runner.beforeStep =
        () -> {
          if (faults && random.nextInt(10) == 0) {
            throw new IllegalStateException("injected fault");
          }
        };
    int[] shared = random.ints(longest, 0, POISON).toArray();
    List<Client> clients = new ArrayList<>();
    int toCome = 1 + random.nextInt(12);
    while (toCome > 0 || !loop.idle()) {
      while (toCome > 0 && random.nextInt(3) == 0) {
        clients.add(arrive(loop, random, shared, longest, toCome--));
      }
      if (random.nextInt(12) == 0 && !clients.isEmpty()) {
        List<TokenStream> streams = clients.get(random.nextInt(clients.size())).streams();
        streams.get(random.nextInt(streams.size())).cancel();
      }
      loop.dropGivenUp();
      if (!loop.idle()) {
        loop.step();
      }
      loop.checkIntegrity();
    }
    assertThat(loop.pool().held()).isZero();
    for (int rows : runner.batchSizes()) {
      assertThat(rows).isBetween(1, config.maxBatchedTokens());
    }
    for (Client client : clients) {
      check(client, faults);
    }
  }

  private static Client arrive(
      StepLoop loop, Random random, int[] shared, int longest, int arrival) {
    int length = 1 + random.nextInt(longest);
    int[] prompt = java.util.Arrays.copyOf(shared, length);
    int own = random.nextInt(length + 1);
    for (int i = own; i < length; i++) {
      prompt[i] = random.nextInt(POISON);
    }
    boolean poisoned = random.nextInt(15) == 0;
    if (poisoned) {
      prompt[random.nextInt(length)] = POISON;
    }
    Request request =
        new Request(
            prompt,
            SamplingParams.GREEDY,
            1 + random.nextInt(12),
            Set.of(),
            1 + random.nextInt(3),
            random.nextInt(3),
            random.nextInt(4) == 0 ? Optional.of("salt") : Optional.empty(),
            false,
            Optional.empty());
    List<Sequence> samples = new ArrayList<>();
    for (int i = 0; i < request.samples(); i++) {
      Sampler sampler = new Sampler(request.sampling(), TracingRunner.VOCAB, Set.of());
      samples.add(
          new Sequence(
              request, new TokenStream(() -> {}), sampler, 100L * (50 - arrival) + i, loop.pool()));
    }
    samples.getFirst().addSiblings(samples.subList(1, samples.size()));
    loop.add(samples.getFirst());
    return new Client(request, samples.stream().map(s -> s.stream).toList(), poisoned);
  }

  private static void check(Client client, boolean faults) throws InterruptedException {
    Request request = client.request();
    int[] expected = TracingRunner.continuation(request.prompt(), request.maxTokens());
    for (TokenStream stream : client.streams()) {
      List<Integer> got = new ArrayList<>();
      boolean failed = false;
      try {
        for (int id = stream.next(); id != TokenStream.END; id = stream.next()) {
          got.add(id);
        }
      } catch (EngineException e) {
        failed = true;
      }
      if (client.poisoned()) {
        assertThat(got).as("a poisoned request says nothing").isEmpty();
        assertThat(failed || stream.cancelled()).isTrue();
        continue;
      }
      assertThat(failed).as("only faults fail a request").isIn(false, faults);
      int[] prefix = java.util.Arrays.copyOf(expected, got.size());
      assertThat(got.stream().mapToInt(Integer::intValue).toArray()).isEqualTo(prefix);
      if (!failed && !stream.cancelled()) {
        assertThat(got).hasSize(request.maxTokens());
      }
    }
  }
}

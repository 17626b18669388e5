package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import org.lfm4j.checkpoint.RandomCheckpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.cpu.VectorRunner;
import org.lfm4j.engine.RandomRequests.Client;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;

/**
 * Random schedules as in {@link ChaosTest}, with the arithmetic of a small random
 * mixture-of-experts model: greedy tokens and their log-probabilities are those of the request
 * alone, bit for bit.
 */
class RealChaosTest {
  private static final int VOCAB = 300;
  private static final int LONGEST_PROMPT = 230;
  private static final int LONGEST_OUTPUT = 40;
  private static final SamplingParams GREEDY =
      SamplingParams.GREEDY.toBuilder().logprobs(0).build();

  private static final RandomCheckpoint CHECKPOINT =
      TinyModels.inMemory(TinyModels.moeConfig(VOCAB), 5);

  @AfterContainer
  static void free() {
    CHECKPOINT.close();
  }

  @Property(tries = 40, shrinking = ShrinkingMode.OFF)
  void everyRequestGetsWhatItGetsAlone(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    try (VectorRunner runner = new VectorRunner(CHECKPOINT, 2)) {
      int pages = runner.cacheSpec().pagesFor(LONGEST_PROMPT + LONGEST_OUTPUT) + random.nextInt(6);
      int maxSequences = 1 + random.nextInt(6);
      EngineConfig config =
          new EngineConfig(
              pages,
              maxSequences + random.nextInt(200),
              maxSequences,
              Integer.MAX_VALUE,
              random.nextInt(4) > 0,
              random.nextBoolean());
      RandomRequests requests =
          new RandomRequests(
              random,
              new StepLoop(runner, config, Runnable::run),
              VOCAB,
              GREEDY,
              VOCAB,
              LONGEST_PROMPT,
              LONGEST_OUTPUT,
              prompt -> {});
      for (Client client : requests.run(1 + random.nextInt(8))) {
        check(client, alone(client.request()));
      }
    }
  }

  private static void check(Client client, List<TokenLogprobs> alone) throws InterruptedException {
    int[] tokens = alone.stream().mapToInt(TokenLogprobs::token).toArray();
    RandomRequests.check(client, request -> tokens, false);
    for (TokenStream stream : client.streams()) {
      List<TokenLogprobs> got = stream.logprobs();
      for (int i = 0; i < got.size(); i++) {
        assertThat(got.get(i).logprob()).isEqualTo(alone.get(i).logprob());
      }
    }
  }

  /** Decodes one sequence on one thread, its prompt in one piece, without an engine. */
  private static List<TokenLogprobs> alone(Request request) {
    int longest = request.prompt().length + request.maxTokens();
    try (VectorRunner runner = new VectorRunner(CHECKPOINT, 1)) {
      runner.allocate(runner.cacheSpec().pagesFor(longest), request.prompt().length, 1);
      return RandomRequests.alone(runner, request);
    }
  }
}

package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.cuda.CudaRunner;
import org.lfm4j.cuda.DeviceWeights;
import org.lfm4j.cuda.GpuModels;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.engine.RandomRequests.Client;
import org.lfm4j.runner.Runner;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;

/**
 * Random schedules as in {@link RealChaosTest} on a GPU, which chooses the tokens itself: each
 * request gets the tokens that it gets alone, chosen on the host.
 */
@Tag("gpu")
class EngineGpuTest {
  private static final Path DEMO =
      Path.of(System.getProperty("lfm4j.root", ".."), "demo-model", "lfm2-demo");
  private static final int LONGEST_PROMPT = 230;
  private static final int LONGEST_OUTPUT = 40;
  private static final SamplingParams GREEDY =
      SamplingParams.GREEDY.toBuilder().logprobs(0).build();
  private static final String MODEL =
      GpuModels.MOE
          .replace("\"num_experts\": 5", "\"num_experts\": 16")
          .replace("\"num_experts_per_tok\": 3", "\"num_experts_per_tok\": 4");

  private static Runner open(Checkpoint checkpoint) {
    Context context = Cuda.require().device(0).open();
    return new CudaRunner(
        context,
        checkpoint.config(),
        DeviceWeights.upload(context, checkpoint, sent -> {}),
        KernelCache.ofUser(),
        true);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyRequestGetsWhatItGetsAlone(long seed) throws Exception {
    everyRequestGetsWhatItGetsAlone(TinyModels.inMemory(MODEL, 5), seed);
  }

  @ParameterizedTest
  @ValueSource(longs = {7, 8, 9})
  void withTheDemoModelToo(long seed) throws Exception {
    everyRequestGetsWhatItGetsAlone(SafetensorsCheckpoint.open(DEMO), seed);
  }

  private static void everyRequestGetsWhatItGetsAlone(Checkpoint model, long seed)
      throws Exception {
    Random random = new Random(seed);
    try (Checkpoint checkpoint = model) {
      List<Client> clients;
      try (Runner runner = open(checkpoint)) {
        assertThat(runner.choosesTokens()).isTrue();
        clients = chaos(runner, random);
      }
      try (Runner runner = open(checkpoint)) {
        int longest = LONGEST_PROMPT + LONGEST_OUTPUT;
        runner.allocate(runner.cacheSpec().pagesFor(longest), LONGEST_PROMPT, 1);
        for (Client client : clients) {
          check(client, RandomRequests.alone(runner, client.request()));
        }
      }
    }
  }

  private static List<Client> chaos(Runner runner, Random random) {
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
    return new RandomRequests(
            random,
            new StepLoop(runner, config, Runnable::run),
            runner.config().vocabSize(),
            GREEDY,
            runner.config().vocabSize(),
            LONGEST_PROMPT,
            LONGEST_OUTPUT,
            prompt -> {})
        .run(1 + random.nextInt(8));
  }

  private static void check(Client client, List<TokenLogprobs> alone) throws InterruptedException {
    int[] tokens = alone.stream().mapToInt(TokenLogprobs::token).toArray();
    RandomRequests.check(client, request -> tokens, false);
    for (TokenStream stream : client.streams()) {
      List<TokenLogprobs> got = stream.logprobs();
      for (int i = 0; i < got.size(); i++) {
        float difference = got.get(i).logprob() - alone.get(i).logprob();
        assertThat(Math.abs(difference)).isLessThan(1e-4f);
        assertThat(got.get(i).rank()).isEqualTo(alone.get(i).rank());
      }
    }
  }
}

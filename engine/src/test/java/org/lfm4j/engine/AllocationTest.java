package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;

/**
 * What the engine thread allocates while sequences decode: nothing for a token, a little for a page
 * that goes to the prefix cache. Arrays that grow by doubling are full when counting begins.
 */
class AllocationTest {
  private static final int SEQUENCES = 8;
  private static final int PAGE = 64;
  private static final int VOCAB = 512;

  /** Beyond the numbers that Java keeps in boxes. */
  private static final int TOKEN = 300;

  /** Between two doublings of all arrays that hold tokens, their times and pages. */
  private static final int FROM = 1_100;

  private static final int TO = 1_500;

  private static final int ROUNDS = 30;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Always has the same token in front, and itself allocates nothing. */
  private static final class OneToken implements Runner {
    @Override
    public ModelConfig config() {
      return TracingRunner.config(VOCAB);
    }

    @Override
    public CacheSpec cacheSpec() {
      return new CacheSpec(PAGE, 8L * PAGE, 8);
    }

    @Override
    public long workspaceBytes(int maxRows, int maxLogitRows) {
      return 0;
    }

    @Override
    public void allocate(int pages, int maxRows, int maxLogitRows) {}

    @Override
    public void step(Batch batch, StepResult result) {
      int vocabulary = result.vocabSize();
      for (int i = 0; i < batch.logitCount() * vocabulary; i++) {
        result.logits()[i] = i % vocabulary == TOKEN ? 20 : i % 7;
      }
    }

    @Override
    public void copyPage(int from, int to) {}

    @Override
    public void close() {}
  }

  private static final SamplingParams WARM =
      SamplingParams.of(0.7, 20, 0.9, 0.05, 1.1, OptionalLong.of(3));

  private static StepLoop loop(boolean prefixCaching) {
    EngineConfig config = new EngineConfig(400, 512, SEQUENCES, 16, prefixCaching, false);
    return new StepLoop(new OneToken(), config, Runnable::run);
  }

  private static void add(StepLoop loop, SamplingParams sampling, int number) {
    int[] prompt = {number + 1, 2, 3, 4, 5, 6, 7, 8};
    Request request = new Request(prompt, sampling, 4 * TO, Set.of(1_000, 2_000));
    Sampler sampler = new Sampler(sampling, VOCAB, request.stopIds());
    sampler.observePrompt(prompt);
    loop.add(new Sequence(request, new TokenStream(() -> {}), sampler, number));
  }

  private static long bytes(StepLoop loop, int steps) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    for (int step = 0; step < steps; step++) {
      loop.dropGivenUp();
      loop.step();
      loop.publish();
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  /**
   * Returns the fewest bytes that the counted steps of a loop allocated. The interpreter makes an
   * object for each operation on vectors: loops are begun anew until the compiler has come.
   */
  private static long fewest(boolean prefixCaching, SamplingParams sampling, long enough) {
    long fewest = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS && fewest >= enough; round++) {
      StepLoop loop = loop(prefixCaching);
      for (int i = 0; i < SEQUENCES; i++) {
        add(loop, sampling, i);
      }
      bytes(loop, FROM);
      fewest = Math.min(fewest, bytes(loop, TO - FROM));
    }
    return fewest;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTokenAllocatesNothing(boolean greedy) {
    long tokens = (long) SEQUENCES * (TO - FROM);
    assertThat(fewest(false, greedy ? SamplingParams.GREEDY : WARM, tokens))
        .as("bytes for %d tokens", tokens)
        .isLessThan(tokens);
  }

  @Test
  void aPageInThePrefixCacheAllocatesItsTokensAndLittleMore() {
    int pages = SEQUENCES * (TO - FROM) / PAGE + SEQUENCES;
    long most = pages * (4L * PAGE + 512);
    assertThat(fewest(true, SamplingParams.GREEDY, most)).isLessThan(most);
  }
}

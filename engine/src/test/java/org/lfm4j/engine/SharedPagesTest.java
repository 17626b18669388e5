package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;

/** Sequences that fill their pages in the same step share them over several. */
class SharedPagesTest {
  private static final int PAGE = 4;
  private static final int SEQUENCES = 40;
  private static final int AT_ONCE = 16;

  private final Scheduler scheduler =
      new Scheduler(
          new EngineConfig(200, 512, SEQUENCES, SEQUENCES, true, false), PAGE, (from, to) -> {});
  private final Step step =
      new Step(new Batch(512, SEQUENCES), new StepResult(SEQUENCES, 1), SEQUENCES, null);
  private final List<Sequence> sequences = new ArrayList<>();

  private void begin() {
    for (int i = 0; i < SEQUENCES; i++) {
      Request request = new Request(prompt(i), SamplingParams.GREEDY, 50, Set.of());
      Sampler sampler = new Sampler(SamplingParams.GREEDY, 97, Set.of());
      Sequence sequence = new Sequence(request, new TokenStream(() -> {}), sampler, i);
      sequences.add(sequence);
      scheduler.add(sequence);
    }
  }

  private static int[] prompt(int sequence) {
    return new int[] {sequence + 1, 1, 2, 3};
  }

  private void step() {
    scheduler.schedule(step);
    step.advance();
    scheduler.share(step);
    for (int i = 0; i < step.size(); i++) {
      step.sequence(i).append(5);
    }
    scheduler.checkIntegrity();
  }

  private long shared() {
    return sequences.stream().filter(sequence -> found((int) sequence.arrival)).count();
  }

  private boolean found(int sequence) {
    return scheduler.pool().find(null, Optional.empty(), prompt(sequence), 0) != null;
  }

  @Test
  void oneStepSharesSomeAndTheNextOnesTheRest() {
    begin();
    step();
    assertThat(shared()).isEqualTo(AT_ONCE);
    step();
    assertThat(shared()).isEqualTo(2 * AT_ONCE);
    step();
    assertThat(shared()).isEqualTo(SEQUENCES);
  }

  @Test
  void whoEndsBeforeItsTurnSharesAllTheSame() {
    begin();
    step();
    Sequence last = sequences.getLast();
    assertThat(found(SEQUENCES - 1)).isFalse();
    scheduler.remove(last);
    assertThat(found(SEQUENCES - 1)).isTrue();
    scheduler.checkIntegrity();
  }
}

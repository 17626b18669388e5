package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.PublishedModel;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.PinnedMemory;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.ChoiceParams;
import org.lfm4j.runner.Choices;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.Logprobs;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.SamplingParamsBuilder;
import org.lfm4j.sampling.TokenLogprobs;

/** Tokens that the device chooses beside those of the host's sampler, for the same logits. */
@Tag("gpu")
class DeviceSamplerGpuTest {
  private static final int SEQUENCES = 24;
  private static final int STEPS = 12;

  @ParameterizedTest
  @ValueSource(ints = {97, 4096, 65_536, 128_000})
  void tokensAreThoseOfTheHost(int vocabSize) {
    assertThat(different(vocabSize, 4, STEPS))
        .as("tokens that differ by rounding")
        .isLessThanOrEqualTo(2);
  }

  /** Little work, so that it can run under a sanitizer: every path of the kernels all the same. */
  @ParameterizedTest
  @ValueSource(ints = {97, 4096, 65_536})
  @Tag("sanitizer")
  void aFewTokensAreThoseOfTheHost(int vocabSize) {
    assertThat(different(vocabSize, 1, 3)).isLessThanOrEqualTo(1);
  }

  private static int different(int vocabSize, int rounds, int steps) {
    Random random = new Random(vocabSize);
    try (Context context = Cuda.require().device(0).open();
        Kernels kernels =
            Kernels.load(
                context, PublishedModel.of("LFM2-24B-A2B").config(), KernelCache.ofUser(), true);
        Stream stream = context.stream();
        DeviceMemory logits = context.allocate(4L * SEQUENCES * vocabSize);
        PinnedMemory pinned = context.allocatePinned(4L * SEQUENCES * vocabSize);
        DeviceSampler device =
            new DeviceSampler(context, kernels, logits.address(), vocabSize, SEQUENCES)) {
      int different = 0;
      for (int round = 0; round < rounds; round++) {
        SamplingParams[] params = new SamplingParams[SEQUENCES];
        Sampler[] samplers = new Sampler[SEQUENCES];
        for (int s = 0; s < SEQUENCES; s++) {
          params[s] = params(random, vocabSize);
          samplers[s] = new Sampler(params[s], vocabSize, Set.of(3, 5));
          samplers[s].observePrompt(random.ints(40, 0, vocabSize).toArray());
        }
        for (int step = 0; step < steps; step++) {
          float[] rows = rows(random, vocabSize);
          MemorySegment.copy(rows, 0, pinned.segment(), ValueLayout.JAVA_FLOAT, 0, rows.length);
          stream.upload(logits.address(), pinned.segment());
          Batch batch = batch(params, samplers, vocabSize, step == 0);
          StepResult result = new StepResult(0, vocabSize, SEQUENCES);
          device.begin(stream, step % 2, batch.choices());
          device.choose(stream, batch.choices());
          stream.synchronize();
          device.read(step % 2, batch.choices(), result);
          for (int s = 0; s < SEQUENCES; s++) {
            different += compare(params[s], samplers[s], rows, s, result) ? 0 : 1;
          }
        }
      }
      return different;
    }
  }

  /** Returns whether the tokens are equal; the sequence goes on with the device's. */
  private static boolean compare(
      SamplingParams params, Sampler sampler, float[] rows, int s, StepResult result) {
    int vocabSize = result.vocabSize();
    float[] row = Arrays.copyOfRange(rows, s * vocabSize, (s + 1) * vocabSize);
    int token = result.tokens()[s];
    if (params.logprobs().isPresent()) {
      TokenLogprobs wanted = Logprobs.of(row, 0, vocabSize, token, params.logprobs().getAsInt());
      assertThat(result.ranks()[s]).isEqualTo(wanted.rank());
      assertThat(Math.abs(result.logprobs()[s] - wanted.logprob())).isLessThan(1e-4f);
      int from = s * StepResult.MAX_LOGPROBS;
      assertThat(Arrays.copyOfRange(result.topIds(), from, from + wanted.topIds().length))
          .isEqualTo(wanted.topIds());
    }
    int expected = sampler.sample(row, 0);
    sampler.observe(token);
    return token == expected;
  }

  private static Batch batch(
      SamplingParams[] params, Sampler[] samplers, int vocabSize, boolean first) {
    Batch batch = new Batch(SEQUENCES, SEQUENCES);
    Choices choices = batch.choices();
    for (int s = 0; s < SEQUENCES; s++) {
      batch.addSequence(0, new int[] {s}, 1);
      batch.addRow(0, true);
      ChoiceParams how = choiceParams(params[s], samplers[s], vocabSize);
      int slot = how.penalizes() ? SEQUENCES - 1 - s : Choices.NO_SLOT;
      if (first && slot != Choices.NO_SLOT) {
        choices.clearSlot(slot);
        samplers[s].visitHeldTokens((token, times) -> choices.enter(slot, token, times));
      }
      batch.choose(s, how, slot, samplers[s].uniform());
      if (samplers[s].forbids()) {
        choices.addMask(vocabSize);
      }
    }
    choices.setMasksReady(() -> {
      for (int s = 0; s < SEQUENCES; s++) {
        if (choices.mask(s) != Choices.NO_MASK) {
          samplers[s].writeMask(choices.maskBits(), choices.mask(s) * choices.maskWords());
        }
      }
    });
    return batch;
  }

  private static ChoiceParams choiceParams(SamplingParams params, Sampler sampler, int vocabSize) {
    return new ChoiceParams(
        params.temperature(),
        sampler.drop(),
        params.topK() < vocabSize ? params.topK() : 0,
        params.topP(),
        params.repetitionPenalty(),
        params.frequencyPenalty(),
        params.presencePenalty(),
        params.logprobs().orElse(ChoiceParams.NO_LOGPROBS));
  }

  private static float[] rows(Random random, int vocabSize) {
    float[] rows = new float[SEQUENCES * vocabSize];
    for (int i = 0; i < rows.length; i++) {
      // In steps, so that some are equal.
      rows[i] = Math.round(random.nextGaussian() * 80) / 32f;
    }
    for (int s = 0; s < SEQUENCES; s++) {
      for (int i = 0; i < 4; i++) {
        rows[s * vocabSize + random.nextInt(vocabSize)] += 10;
      }
    }
    return rows;
  }

  private static SamplingParams params(Random random, int vocabSize) {
    SamplingParamsBuilder params =
        SamplingParams.builder()
            .temperature(random.nextInt(4) == 0 ? 0 : 0.1 + random.nextInt(19) / 10.0)
            .seed(random.nextLong());
    if (random.nextInt(3) == 0) {
      params.topK(1 + random.nextInt(random.nextBoolean() ? 60 : vocabSize));
    }
    if (random.nextInt(3) == 0) {
      params.topP(0.05 + random.nextInt(95) / 100.0);
    }
    if (random.nextInt(3) == 0) {
      params.minP(random.nextInt(100) / 100.0);
    }
    if (random.nextInt(2) == 0) {
      params.repetitionPenalty(1.05);
    }
    if (random.nextInt(3) == 0) {
      params.frequencyPenalty(random.nextInt(-20, 21) / 10.0);
      params.presencePenalty(random.nextInt(-20, 21) / 10.0);
    }
    if (random.nextInt(4) == 0) {
      params.minTokens(8);
    }
    if (random.nextInt(4) == 0) {
      params.logprobs(random.nextInt(21));
    }
    return params.build();
  }
}

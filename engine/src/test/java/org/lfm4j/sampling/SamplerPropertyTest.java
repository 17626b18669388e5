package org.lfm4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What holds for any logits. The vocabulary spans several blocks, the last of them not full. */
class SamplerPropertyTest {
  private static final int VOCAB = 600;

  /** Coarse values, so that there are ties. */
  private static float[] row(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] row = new float[VOCAB];
    for (int id = 0; id < VOCAB; id++) {
      row[id] = random.nextInt(-40, 40) / 8f;
    }
    return row;
  }

  @Property(tries = 100)
  void aRowInsideALargerArrayGivesTheSameTokensAndLeavesTheRestAlone(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 40) int topK) {
    SamplingParams params =
        SamplingParams.builder()
            .topK(topK)
            .topP(0.9)
            .repetitionPenalty(1.2)
            .allowedTokenIds(Set.of(0, 5, 130, 598, 599))
            .logitBias(Map.of(599, 2f))
            .seed(seed)
            .build();
    Sampler alone = new Sampler(params, VOCAB, Set.of());
    Sampler amongOthers = new Sampler(params, VOCAB, Set.of());
    for (int step = 0; step < 5; step++) {
      float[] all = new float[3 * VOCAB];
      Arrays.fill(all, Float.NaN);
      System.arraycopy(row(seed + step), 0, all, VOCAB, VOCAB);

      int token = amongOthers.sample(all, VOCAB);

      assertThat(token).isEqualTo(alone.sample(row(seed + step), 0));
      for (int i = 0; i < VOCAB; i++) {
        assertThat(all[i]).isNaN();
        assertThat(all[2 * VOCAB + i]).isNaN();
      }
      alone.observe(token);
      amongOthers.observe(token);
    }
  }

  @Property(tries = 200)
  void topPKeepsTheMostLikelyAndNoMoreThanItNeeds(
      @ForAll long seed,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double topP,
      @ForAll @DoubleRange(min = 0.05, max = 2) double temperature) {
    double[] all = probabilities(seed, SamplingParams.builder().temperature(temperature));
    double[] kept =
        probabilities(seed, SamplingParams.builder().temperature(temperature).topP(topP));

    double mass = 0;
    double least = 1;
    double mostDropped = 0;
    for (int id = 0; id < VOCAB; id++) {
      if (kept[id] > 0) {
        mass += all[id];
        least = Math.min(least, all[id]);
      } else {
        mostDropped = Math.max(mostDropped, all[id]);
      }
    }
    assertThat(mass).isGreaterThanOrEqualTo(topP - 1e-12);
    assertThat(mass - least).isLessThan(topP + 1e-12);
    assertThat(least).isGreaterThanOrEqualTo(mostDropped);
    assertThat(Arrays.stream(kept).sum()).isBetween(1 - 1e-12, 1 + 1e-12);
  }

  @Property(tries = 200)
  void topKKeepsKAndTheTiesOfTheLast(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = VOCAB + 1) int topK) {
    float[] sorted = row(seed);
    Arrays.sort(sorted);
    float smallest = sorted[Math.max(0, VOCAB - topK)];
    double[] kept = probabilities(seed, SamplingParams.builder().topK(topK));

    float[] row = row(seed);
    for (int id = 0; id < VOCAB; id++) {
      assertThat(kept[id] > 0).as("id %d", id).isEqualTo(row[id] >= smallest);
    }
  }

  private static double[] probabilities(long seed, SamplingParamsBuilder params) {
    return new Sampler(params.build(), VOCAB, Set.of()).probabilities(row(seed), 0);
  }

  @Property(tries = 100)
  void countsAreThoseOfAMap(
      @ForAll @Size(max = 300) int[] tokens, @ForAll @IntRange(min = 1, max = 70_000) int range) {
    TokenCounts counts = new TokenCounts();
    Map<Integer, Integer> expected = new HashMap<>();
    for (int i = 0; i < tokens.length; i++) {
      int token = Math.floorMod(tokens[i], range);
      counts.add(token, i % 2);
      expected.merge(token, i % 2, Integer::sum);
    }

    Map<Integer, Integer> counted = new HashMap<>();
    for (int i = 0; i < counts.size(); i++) {
      counted.put(counts.token(i), counts.inOutput(i));
    }
    assertThat(counted).isEqualTo(expected).hasSize(counts.size());
  }
}

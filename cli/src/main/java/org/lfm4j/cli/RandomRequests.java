package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.sampling.SamplingParams;

/** Greedy requests of random tokens, none of them special. */
final class RandomRequests {
  private final int[] vocabulary;
  private final LengthDistribution inputs;
  private final LengthDistribution outputs;
  private final boolean ignoreEos;

  /**
   * Looks up the tokens.
   *
   * @throws CliException if the lengths don't fit the model
   */
  RandomRequests(
      LanguageModel model,
      LengthDistribution inputs,
      LengthDistribution outputs,
      boolean ignoreEos) {
    long longest = inputs.longest() + outputs.longest();
    if (longest > model.maxModelLength()) {
      throw new CliException(
          "--input-len %s and --output-len %s can add up to %d tokens, but the model is served with %d: choose shorter ones."
              .formatted(inputs, outputs, longest, model.maxModelLength()));
    }
    this.vocabulary =
        IntStream.range(0, model.tokenizer().vocabSize())
            .filter(id -> !model.tokenizer().isSpecial(id))
            .toArray();
    this.inputs = inputs;
    this.outputs = outputs;
    this.ignoreEos = ignoreEos;
  }

  /** Draws requests; the same seed draws the same. */
  List<GenerationRequest> draw(int count, long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt =
          IntStream.generate(() -> vocabulary[random.nextInt(vocabulary.length)])
              .limit(inputs.sample(random))
              .toArray();
      requests.add(
          new GenerationRequest(
                  prompt, SamplingParams.GREEDY, outputs.sample(random), List.of(), false)
              .withIgnoreEos(ignoreEos));
    }
    return requests;
  }
}

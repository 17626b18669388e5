package org.lfm4j.sampling;

import java.util.Set;
import java.util.SplittableRandom;

/**
 * Chooses the tokens of one sequence. Remembers what the sequence holds, as far as the parameters
 * need it, and where its random numbers are: one for each token, so that a seed gives the same
 * tokens whatever else is computed beside them. Allocates nothing for a token. Belongs to one
 * thread.
 */
public final class Sampler {
  private final TokenMask mask;
  private final Penalties penalties;
  private final LogitBlocks blocks;
  private final Distribution distribution;
  private final boolean greedy;
  private final SplittableRandom random;

  /**
   * Starts a sequence.
   *
   * @param params how to choose
   * @param vocabSize logits of a row
   * @param stopIds ids that min_tokens holds back; those outside the vocabulary never come anyway
   * @throws IllegalArgumentException if a token id in the parameters is not in the vocabulary
   */
  public Sampler(SamplingParams params, int vocabSize, Set<Integer> stopIds) {
    params.requireVocabulary(vocabSize);
    this.mask = new TokenMask(params, vocabSize, stopIds);
    this.penalties = new Penalties(params);
    this.blocks = new LogitBlocks(vocabSize);
    this.distribution = new Distribution(params, vocabSize, blocks);
    this.greedy = params.temperature() == 0;
    this.random =
        params.seed().isPresent()
            ? new SplittableRandom(params.seed().getAsLong())
            : new SplittableRandom();
  }

  /** Tells the sampler what the sequence begins with. */
  public void observePrompt(int[] prompt) {
    for (int token : prompt) {
      mask.observePrompt(token);
      penalties.observePrompt(token);
    }
  }

  /** Tells the sampler that the sequence goes on with this token of the output. */
  public void observe(int token) {
    mask.observe(token);
    penalties.observe(token);
  }

  /**
   * Chooses the next token. Does not observe it.
   *
   * @param logits raw logits, of which those of the row are changed in place
   * @param offset where the row [vocabSize] begins
   * @return a token id
   * @throws SamplingException if logits are NaN or infinite, or the request allows no token
   */
  public int sample(float[] logits, int offset) {
    float max = process(logits, offset);
    if (greedy) {
      return blocks.idOf(max, logits, offset);
    }
    distribution.filter(logits, offset, max);
    return distribution.draw(logits, offset, random.nextDouble());
  }

  /** Returns the probability of every token, as {@link #sample} would draw it; for tests. */
  double[] probabilities(float[] logits, int offset) {
    distribution.filter(logits, offset, process(logits, offset));
    return distribution.probabilities(logits, offset);
  }

  /** Applies all that comes before the temperature; returns the largest logit. */
  private float process(float[] logits, int offset) {
    mask.apply(logits, offset);
    penalties.apply(logits, offset);
    float max = blocks.scan(logits, offset);
    if (Float.isNaN(max) || max == Float.POSITIVE_INFINITY) {
      throw new SamplingException(
          "the model produced %s logits: check its weights against their published checksums"
              .formatted(Float.isNaN(max) ? "NaN" : "infinite"));
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw new SamplingException(
          "no token is left to choose: allow more in allowed_token_ids, bad_words or min_tokens");
    }
    return max;
  }
}

package org.lfm4j.sampling;

import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.lfm4j.sampling.grammar.GrammarMatcher;

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
  private final int vocabSize;
  private final @Nullable GrammarMatcher grammar;

  /** Starts a sequence that no grammar binds. */
  public Sampler(SamplingParams params, int vocabSize, Set<Integer> stopIds) {
    this(params, vocabSize, stopIds, Optional.empty());
  }

  /**
   * Starts a sequence.
   *
   * @param params how to choose
   * @param vocabSize logits of a row
   * @param stopIds ids that min_tokens holds back; those outside the vocabulary never come anyway
   * @param grammar what the output must follow, at its beginning
   * @throws IllegalArgumentException if a token id in the parameters is not in the vocabulary
   */
  public Sampler(
      SamplingParams params,
      int vocabSize,
      Set<Integer> stopIds,
      Optional<GrammarMatcher> grammar) {
    params.requireVocabulary(vocabSize);
    this.vocabSize = vocabSize;
    this.grammar = grammar.orElse(null);
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
    if (grammar != null) {
      grammar.accept(token);
    }
    mask.observe(token);
    penalties.observe(token);
  }

  /**
   * Returns whether what the grammar allows next has still to be found out, which takes a while.
   */
  public boolean needsMask() {
    return grammar != null && !grammar.knowsMask();
  }

  /** Finds out what the grammar allows next, so that {@link #sample} need not; from any thread. */
  public void prepareMask() {
    if (grammar != null) {
      grammar.mask();
    }
  }

  /** Returns whether the grammar has come to its end. */
  public boolean ended() {
    return grammar != null && grammar.ended();
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
    if (grammar != null) {
      grammar.mask().keep(logits, offset, vocabSize);
    }
    // A minimum length can't hold where the grammar has nothing more to say.
    mask.apply(logits, offset, grammar != null && grammar.mustEnd());
    penalties.apply(logits, offset);
    float max = blocks.scan(logits, offset);
    if (Float.isNaN(max) || max == Float.POSITIVE_INFINITY) {
      throw new SamplingException(
          "the model produced %s logits: check its weights against their published checksums"
              .formatted(Float.isNaN(max) ? "NaN" : "infinite"));
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw new SamplingException(
          "no token is left to choose: allow more in allowed_token_ids, bad_words, min_tokens or the grammar");
    }
    return max;
  }
}

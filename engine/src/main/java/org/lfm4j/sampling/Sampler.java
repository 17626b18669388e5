package org.lfm4j.sampling;

import java.util.Arrays;
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

  /** Drawn for the next token and not used yet; NaN if there is none. */
  private double uniform = Double.NaN;

  /** The same for the token after it. */
  private double following = Double.NaN;

  /** Is told of a token that the sequence holds, and how often its output does. */
  public interface HeldTokens {
    /** Tells of a token. */
    void accept(int token, int inOutput);
  }

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
    uniform = following;
    following = Double.NaN;
  }

  /** Returns whether the logits of some ids get a bias. */
  public boolean biases() {
    return mask.biases();
  }

  /** Returns whether some tokens are forbidden now, or may be. */
  public boolean forbids() {
    return grammar != null || mask.forbids();
  }

  /**
   * Writes which tokens are allowed now, all conditions together: bit {@code id % 64} of word
   * {@code from + id / 64}. Bits beyond the vocabulary mean nothing.
   *
   * @throws org.lfm4j.sampling.grammar.GrammarException if the grammar can't be followed
   */
  public void writeMask(long[] words, int from) {
    if (grammar != null) {
      grammar.mask().copyTo(words, from);
    } else {
      Arrays.fill(words, from, from + Math.ceilDiv(vocabSize, Long.SIZE), -1L);
    }
    mask.apply(words, from, grammar != null && grammar.mustEnd());
  }

  /**
   * Returns the random number in [0, 1) that the next token is drawn with, the same until {@link
   * #observe}; 0 if greedy.
   */
  public double uniform() {
    if (greedy) {
      return 0;
    }
    if (Double.isNaN(uniform)) {
      uniform = random.nextDouble();
    }
    return uniform;
  }

  /** Returns the random number for the token after the next, which {@link #uniform} draws later. */
  public double followingUniform() {
    if (greedy) {
      return 0;
    }
    if (Double.isNaN(following)) {
      // In the order of the tokens.
      uniform();
      following = random.nextDouble();
    }
    return following;
  }

  /**
   * Returns how far below the largest logit, penalised but not divided by the temperature, one may
   * be and still be chosen: what min-p keeps, and the random number can reach.
   */
  public double drop() {
    return distribution.drop();
  }

  /** Tells of all distinct tokens of the sequence so far; of none if there are no penalties. */
  public void visitHeldTokens(HeldTokens visitor) {
    penalties.visit(visitor);
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
    double drawn = uniform();
    uniform = Double.NaN;
    return distribution.draw(logits, offset, drawn);
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
      throw SamplingException.notFinite(max);
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw SamplingException.noneLeft();
    }
    return max;
  }
}

package org.lfm4j.sampling;

import java.util.SplittableRandom;

/**
 * Chooses the tokens of one sequence. Remembers which tokens the sequence holds (for the repetition
 * penalty) and where its random numbers are. Allocates nothing per token. Not thread-safe.
 */
public final class Sampler {
  private final SamplingParams params;
  private final SplittableRandom random;
  private final SeenTokens seen;
  private final int[] candidates;
  private final double[] weights;

  /**
   * Starts a sequence.
   *
   * @param params how to choose
   * @param vocabSize number of logits
   */
  public Sampler(SamplingParams params, int vocabSize) {
    this.params = params;
    this.random =
        params.seed().isPresent()
            ? new SplittableRandom(params.seed().getAsLong())
            : new SplittableRandom();
    this.seen = new SeenTokens(vocabSize);
    boolean greedy = params.temperature() == 0;
    this.candidates = new int[greedy ? 0 : vocabSize];
    this.weights = new double[greedy ? 0 : vocabSize];
  }

  /** Tells the sampler that the sequence holds this token: of the prompt, or chosen before. */
  public void observe(int token) {
    seen.add(token);
  }

  /**
   * Chooses the next token. Does not observe it.
   *
   * @param logits raw logits of the last position; the repetition penalty is applied in place
   * @return a token id
   */
  public int sample(float[] logits) {
    if (params.repetitionPenalty() != 1) {
      seen.penalise(logits, (float) params.repetitionPenalty());
    }
    int best = argmax(logits);
    if (params.temperature() == 0) {
      return best;
    }
    int count = weigh(logits, logits[best]);
    if (params.topK() > 0 || params.topP() < 1) {
      count = keepMostLikely(count);
    }
    return draw(count);
  }

  private static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  /** Fills candidates with the tokens that min-p keeps, weights with their unnormalised odds. */
  private int weigh(float[] logits, float max) {
    int count = 0;
    for (int id = 0; id < logits.length; id++) {
      double weight = Math.exp((logits[id] - max) / params.temperature());
      if (weight > 0 && weight >= params.minP()) {
        candidates[count] = id;
        weights[count++] = weight;
      }
    }
    return count;
  }

  /** Moves what top-k and top-p keep to the front, most likely first, and returns their number. */
  private int keepMostLikely(int count) {
    int k = params.topK() == 0 ? count : Math.min(params.topK(), count);
    double mass = k == count ? sum(0, count) : Double.POSITIVE_INFINITY;
    for (int parent = count / 2 - 1; parent >= 0; parent--) {
      siftDown(parent, count);
    }
    // Popping the heap leaves the most likely tokens at the back, most likely last.
    int kept = 0;
    double cumulative = 0;
    while (kept < k && cumulative < params.topP() * mass) {
      int last = count - 1 - kept;
      swap(0, last);
      siftDown(0, last);
      cumulative += weights[last];
      kept++;
    }
    reverseBack(count, kept);
    return k == count ? kept : cutToTopP(kept, cumulative);
  }

  /** Applies top-p to the tokens that top-k kept, whose odds add up to {@code mass}. */
  private int cutToTopP(int kept, double mass) {
    double cumulative = 0;
    for (int i = 0; i < kept; i++) {
      cumulative += weights[i];
      if (cumulative >= params.topP() * mass) {
        return i + 1;
      }
    }
    return kept;
  }

  private int draw(int count) {
    double target = random.nextDouble() * sum(0, count);
    for (int i = 0; i < count - 1; i++) {
      target -= weights[i];
      if (target < 0) {
        return candidates[i];
      }
    }
    return candidates[count - 1];
  }

  private double sum(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += weights[i];
    }
    return sum;
  }

  private void reverseBack(int count, int kept) {
    for (int i = 0; i < kept && i < count - 1 - i; i++) {
      swap(i, count - 1 - i);
    }
  }

  /** Ties go to the lower id, so that a seed gives the same tokens everywhere. */
  private boolean before(int a, int b) {
    return weights[a] > weights[b] || (weights[a] == weights[b] && candidates[a] < candidates[b]);
  }

  private void siftDown(int parent, int count) {
    while (true) {
      int child = 2 * parent + 1;
      if (child >= count) {
        return;
      }
      if (child + 1 < count && before(child + 1, child)) {
        child++;
      }
      if (!before(child, parent)) {
        return;
      }
      swap(parent, child);
      parent = child;
    }
  }

  private void swap(int a, int b) {
    int id = candidates[a];
    candidates[a] = candidates[b];
    candidates[b] = id;
    double weight = weights[a];
    weights[a] = weights[b];
    weights[b] = weight;
  }
}

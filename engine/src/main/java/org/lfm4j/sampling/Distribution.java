package org.lfm4j.sampling;

import java.util.Arrays;

/**
 * What temperature, min-p, top-k and top-p leave of one row of logits, and draws from it. All four
 * keep the most likely tokens, so that what is kept is a smallest logit, and an id up to which
 * tokens with exactly that logit are kept.
 */
final class Distribution {
  /** Bits of the random number that a draw uses. */
  private static final int UNIFORM_BITS = 53;

  private final double temperature;
  private final double topP;
  private final int vocabSize;

  /** How far below the largest a scaled logit may be and still be kept. */
  private final double reach;

  private final float[] topKHeap;
  private final LogitBlocks blocks;
  private final double[] blockWeights;
  private float[] nucleus = new float[64];
  private float max;
  private float cutoff;
  private int lastTie;

  Distribution(SamplingParams params, int vocabSize, LogitBlocks blocks) {
    this.temperature = params.temperature();
    this.topP = params.topP();
    this.vocabSize = vocabSize;
    // All tokens below this together weigh less than one step of the random number.
    double hopeless = UNIFORM_BITS * Math.log(2) + Math.log(vocabSize);
    this.reach = Math.min(hopeless, -Math.log(params.minP()));
    this.topKHeap = new float[params.topK() < vocabSize ? params.topK() : 0];
    this.blocks = blocks;
    this.blockWeights = new double[blocks.count()];
  }

  /** Returns how far below the largest logit one may be and still be kept. */
  double drop() {
    return reach * temperature;
  }

  /** Decides what is kept of a row that has just been scanned. */
  void filter(float[] logits, int offset, float largest) {
    max = largest;
    cutoff = (float) (max - drop());
    lastTie = vocabSize;
    if (topKHeap.length > 0) {
      cutoff = blocks.kthLargest(logits, offset, topKHeap, cutoff);
    }
    if (topP < 1) {
      cutToNucleus(logits, offset, weigh(logits, offset));
    }
  }

  /** Keeps the most likely tokens until their weight reaches top-p; of equals the lower ids. */
  private void cutToNucleus(float[] logits, int offset, double total) {
    int count = collect(logits, offset, total);
    Arrays.sort(nucleus, 0, count);
    double weight = 0;
    int next = count - 1;
    for (; next >= 0 && weight < topP * total; next--) {
      weight += weight(nucleus[next]);
    }
    cutoff = nucleus[next + 1];
    int ties = 1;
    for (int i = next + 2; i < count && nucleus[i] == cutoff; i++) {
      ties++;
    }
    lastTie = -1;
    while (ties > 0) {
      if (logits[offset + ++lastTie] == cutoff) {
        ties--;
      }
    }
  }

  /** Collects the logits that top-p may keep: all others together weigh less than it drops. */
  private int collect(float[] logits, int offset, double total) {
    double lightest = (1 - topP) * total / vocabSize;
    float floor = Math.max(cutoff, (float) (max + temperature * Math.log(lightest)));
    int count = 0;
    for (int block = 0; block < blocks.count(); block++) {
      if (blocks.largest(block) >= floor) {
        if (nucleus.length < count + LogitBlocks.BLOCK) {
          nucleus = Arrays.copyOf(nucleus, 2 * (count + LogitBlocks.BLOCK));
        }
        for (int id = blocks.start(block); id < blocks.end(block); id++) {
          if (logits[offset + id] >= floor) {
            nucleus[count++] = logits[offset + id];
          }
        }
      }
    }
    return count;
  }

  /** Adds up the unnormalised odds of what is kept, also for each block. */
  private double weigh(float[] logits, int offset) {
    double total = 0;
    for (int block = 0; block < blocks.count(); block++) {
      double sum = 0;
      if (blocks.largest(block) >= cutoff) {
        for (int id = blocks.start(block); id < blocks.end(block); id++) {
          if (keeps(logits[offset + id], id)) {
            sum += weight(logits[offset + id]);
          }
        }
      }
      blockWeights[block] = sum;
      total += sum;
    }
    return total;
  }

  /**
   * Chooses among what {@link #filter} kept.
   *
   * @param uniform in [0, 1)
   */
  int draw(float[] logits, int offset, double uniform) {
    double target = uniform * weigh(logits, offset);
    int chosen = -1;
    for (int block = 0; block < blocks.count(); block++) {
      if (blockWeights[block] > 0) {
        chosen = block;
        if (target < blockWeights[block]) {
          break;
        }
        target -= blockWeights[block];
      }
    }
    return drawInBlock(logits, offset, chosen, target);
  }

  private int drawInBlock(float[] logits, int offset, int block, double target) {
    double sum = 0;
    int last = -1;
    for (int id = blocks.start(block); id < blocks.end(block); id++) {
      if (keeps(logits[offset + id], id)) {
        last = id;
        sum += weight(logits[offset + id]);
        if (target < sum) {
          break;
        }
      }
    }
    return last;
  }

  /** Returns the probability of every token, for tests. */
  double[] probabilities(float[] logits, int offset) {
    double total = weigh(logits, offset);
    double[] probabilities = new double[vocabSize];
    for (int id = 0; id < vocabSize; id++) {
      float logit = logits[offset + id];
      probabilities[id] = keeps(logit, id) ? weight(logit) / total : 0;
    }
    return probabilities;
  }

  private boolean keeps(float logit, int id) {
    return logit > cutoff || (logit == cutoff && id <= lastTie);
  }

  private double weight(float logit) {
    return Math.exp((logit - max) / temperature);
  }
}

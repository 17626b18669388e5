package org.lfm4j.cpu;

import java.util.Arrays;
import org.lfm4j.checkpoint.MoeConfig;

/**
 * Chooses experts: sigmoid scores, a bias that takes part in choosing only, and weights that are
 * the unbiased scores, renormalised.
 */
final class Router {
  // Keeps the sum of the chosen scores from being zero (as in the reference implementation).
  private static final float SUM_EPSILON = 1e-6f;

  private final MoeConfig moe;
  private final float[] weight;
  private final float[] bias;
  private final int hidden;

  /**
   * @param weight [numExperts, hidden]
   * @param bias [numExperts], zeros if the model has none
   */
  Router(MoeConfig moe, float[] weight, float[] bias, int hidden) {
    this.moe = moe;
    this.weight = weight;
    this.bias = bias;
    this.hidden = hidden;
  }

  /**
   * Routes one token. The chosen experts come out in ascending order, so that their outputs are
   * added in the same order however tokens are grouped.
   *
   * @param x normed activations of {@code hidden} at {@code xAt}
   * @param scores scratch of numExperts
   * @param experts receives numExpertsPerToken indices at {@code at}
   * @param weights receives their weights at {@code at}
   */
  void route(
      float[] x, int xAt, float[] scores, int[] experts, float[] weights, int at, float[] lanes) {
    int count = moe.numExperts();
    int chosen = moe.numExpertsPerToken();
    for (int e = 0; e < count; e++) {
      float logit = Elementwise.dot(weight, e * hidden, x, xAt, hidden, lanes);
      scores[e] = 1 / (1 + (float) Math.exp(-logit));
    }
    for (int slot = 0; slot < chosen; slot++) {
      experts[at + slot] = best(scores, experts, at, slot);
    }
    Arrays.sort(experts, at, at + chosen);
    float sum = 0;
    for (int slot = 0; slot < chosen; slot++) {
      sum += scores[experts[at + slot]];
    }
    float scale = moe.routedScalingFactor();
    if (moe.normTopkProb()) {
      scale /= sum + SUM_EPSILON;
    }
    for (int slot = 0; slot < chosen; slot++) {
      weights[at + slot] = scores[experts[at + slot]] * scale;
    }
  }

  /** The expert of the greatest biased score that is not among the first {@code taken}. */
  private int best(float[] scores, int[] experts, int at, int taken) {
    int best = -1;
    float most = Float.NEGATIVE_INFINITY;
    for (int e = 0; e < scores.length; e++) {
      float score = scores[e] + bias[e];
      if ((best < 0 || score > most) && !contains(experts, at, taken, e)) {
        best = e;
        most = score;
      }
    }
    return best;
  }

  private static boolean contains(int[] experts, int at, int n, int expert) {
    for (int i = at; i < at + n; i++) {
      if (experts[i] == expert) {
        return true;
      }
    }
    return false;
  }
}

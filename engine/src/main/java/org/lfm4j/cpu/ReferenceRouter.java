package org.lfm4j.cpu;

import static org.lfm4j.cpu.ReferenceMath.linear;
import static org.lfm4j.cpu.ReferenceMath.sigmoid;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.MoeConfig;

/**
 * Chooses experts: the k largest of sigmoid(logit) + expert_bias, of equal ones the lower index.
 * The bias is for choosing only; the weights are the sigmoids of the chosen, renormalised.
 *
 * <p>All in FP32, where transformers rounds logits and sigmoids of a BF16 model to BF16: near-ties
 * may choose differently there. Source: {@code Lfm2MoeTopKRouter} of transformers.
 */
record ReferenceRouter(MoeConfig moe) {
  private static final float RENORMALISATION_EPSILON = 1e-6f;

  /**
   * The experts of one token, best first.
   *
   * @param experts [k] indices
   * @param weights [k] factors on the experts' outputs
   */
  record Route(int[] experts, float[] weights) {
    /** Returns the place of an expert in the choice, or -1. */
    int slotOf(int expert) {
      for (int slot = 0; slot < experts.length; slot++) {
        if (experts[slot] == expert) {
          return slot;
        }
      }
      return -1;
    }
  }

  /**
   * Routes each token.
   *
   * @param prefix weight names up to and including {@code feed_forward.}
   * @param x [T][H]
   */
  List<Route> route(Checkpoint weights, String prefix, float[][] x) {
    float[] bias =
        moe.useExpertBias()
            ? weights.tensor(prefix + "expert_bias").floats()
            : new float[moe.numExperts()];
    List<Route> routes = new ArrayList<>();
    for (float[] logits : linear(weights.tensor(prefix + "gate.weight"), x)) {
      routes.add(route(logits, bias));
    }
    return routes;
  }

  /** Routes one token, given its router logits [E] and the selection bias [E]. */
  Route route(float[] logits, float[] bias) {
    float[] scores = new float[logits.length];
    float[] selection = new float[logits.length];
    for (int e = 0; e < logits.length; e++) {
      scores[e] = sigmoid(logits[e]);
      selection[e] = scores[e] + bias[e];
    }
    int[] experts = largest(selection, moe.numExpertsPerToken());
    float[] weights = new float[experts.length];
    float sum = 0;
    for (int slot = 0; slot < experts.length; slot++) {
      weights[slot] = scores[experts[slot]];
      sum += weights[slot];
    }
    for (int slot = 0; slot < experts.length; slot++) {
      if (moe.normTopkProb()) {
        weights[slot] /= sum + RENORMALISATION_EPSILON;
      }
      weights[slot] *= moe.routedScalingFactor();
    }
    return new Route(experts, weights);
  }

  private static int[] largest(float[] scores, int k) {
    float[] left = Arrays.copyOf(scores, scores.length);
    int[] chosen = new int[k];
    for (int slot = 0; slot < k; slot++) {
      int best = 0;
      for (int e = 1; e < left.length; e++) {
        if (left[e] > left[best]) {
          best = e;
        }
      }
      chosen[slot] = best;
      left[best] = Float.NEGATIVE_INFINITY;
    }
    return chosen;
  }
}

package org.lfm4j.cpu;

import static org.lfm4j.cpu.ReferenceMath.add;
import static org.lfm4j.cpu.ReferenceMath.linear;
import static org.lfm4j.cpu.ReferenceMath.silu;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.MoeConfig;

/**
 * The feed-forward of a layer: {@code w2(silu(w1 x) * (w3 x))}, either once with wide weights, or
 * as the weighted sum over the experts that a router chooses for each token.
 *
 * <p>Source: {@code Lfm2MLP} and {@code Lfm2MoeSparseMoeBlock} of transformers; SwiGLU, arXiv
 * 2002.05202.
 */
final class ReferenceFeedForward {
  private final Checkpoint weights;

  ReferenceFeedForward(Checkpoint weights) {
    this.weights = weights;
  }

  /**
   * The dense form.
   *
   * @param prefix weight names up to and including {@code feed_forward.} or an expert's
   * @param x [T][H]
   * @return [T][H]
   */
  float[][] dense(String prefix, float[][] x) {
    float[][] gate = linear(weights.tensor(prefix + "w1.weight"), x);
    float[][] up = linear(weights.tensor(prefix + "w3.weight"), x);
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < up[t].length; i++) {
        up[t][i] *= silu(gate[t][i]);
      }
    }
    return linear(weights.tensor(prefix + "w2.weight"), up);
  }

  /**
   * The sparse form: each token gets the sum over its experts, lowest expert first, of weight times
   * output.
   *
   * @param prefix weight names up to and including {@code feed_forward.}
   * @param x [T][H]
   * @return [T][H]
   */
  float[][] sparse(String prefix, MoeConfig moe, float[][] x) {
    List<ReferenceRouter.Route> routes = new ReferenceRouter(moe).route(weights, prefix, x);
    float[][] y = new float[x.length][weights.config().hiddenSize()];
    for (int expert = 0; expert < moe.numExperts(); expert++) {
      List<Integer> tokens = new ArrayList<>();
      List<Float> factors = new ArrayList<>();
      for (int t = 0; t < x.length; t++) {
        int slot = routes.get(t).slotOf(expert);
        if (slot >= 0) {
          tokens.add(t);
          factors.add(routes.get(t).weights()[slot]);
        }
      }
      if (!tokens.isEmpty()) {
        addExpert("%sexperts.%d.".formatted(prefix, expert), x, tokens, factors, y);
      }
    }
    return y;
  }

  private void addExpert(
      String prefix, float[][] x, List<Integer> tokens, List<Float> factors, float[][] y) {
    float[][] out = dense(prefix, tokens.stream().map(t -> x[t]).toArray(float[][]::new));
    for (int i = 0; i < out.length; i++) {
      for (int d = 0; d < out[i].length; d++) {
        out[i][d] *= factors.get(i);
      }
      add(y[tokens.get(i)], out[i]);
    }
  }
}

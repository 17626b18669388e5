package org.lfm4j.engine;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.lfm4j.runner.ChoiceParams;
import org.lfm4j.runner.StepResult;

/** One row's choice as {@link ChoiceParams} describes it, in plain loops over a sorted row. */
final class PlainChoice {
  private final ChoiceParams params;
  private final double[] logits;

  /**
   * Takes a row.
   *
   * @param raw logits of the row, not changed
   * @param outputs how often the output holds each token, -1 for tokens not seen
   */
  PlainChoice(ChoiceParams params, float[] raw, long[] maskBits, int maskFrom, int[] outputs) {
    this.params = params;
    this.logits = new double[raw.length];
    for (int id = 0; id < raw.length; id++) {
      boolean allowed = maskFrom < 0 || (maskBits[maskFrom + id / 64] >>> id % 64 & 1) == 1;
      double logit = allowed ? raw[id] : Float.NEGATIVE_INFINITY;
      logits[id] = outputs[id] < 0 ? logit : penalized(logit, outputs[id]);
    }
  }

  private float penalized(double logit, int outputs) {
    double changed = logit < 0 ? logit * params.repetition() : logit / params.repetition();
    return (float)
        (outputs > 0 ? changed - (params.frequency() * outputs + params.presence()) : changed);
  }

  int choose(double uniform) {
    double max = Arrays.stream(logits).reduce(Double.NEGATIVE_INFINITY, Math::max);
    if (Double.isNaN(max)) {
      return StepResult.NAN;
    }
    if (Double.isInfinite(max)) {
      return max > 0 ? StepResult.INFINITE : StepResult.NONE_LEFT;
    }
    Integer[] order = sorted(logits);
    if (params.temperature() == 0) {
      return order[0];
    }
    int kept = kept(order, max);
    boolean[] keeps = new boolean[logits.length];
    for (int i = 0; i < kept; i++) {
      keeps[order[i]] = true;
    }
    double total = 0;
    for (int id = 0; id < logits.length; id++) {
      total += keeps[id] ? weight(id, max) : 0;
    }
    double target = uniform * total;
    double sum = 0;
    int last = -1;
    for (int id = 0; id < logits.length && (last < 0 || target >= sum); id++) {
      if (keeps[id]) {
        sum += weight(id, max);
        last = id;
      }
    }
    return last;
  }

  /** Returns how many of the most likely tokens are kept. */
  private int kept(Integer[] order, double max) {
    float cutoff = (float) (max - params.drop());
    int kept = 0;
    while (kept < order.length && logits[order[kept]] >= cutoff) {
      kept++;
    }
    if (params.topK() > 0 && params.topK() < kept) {
      double last = logits[order[params.topK() - 1]];
      kept = params.topK();
      while (kept < order.length && logits[order[kept]] == last) {
        kept++;
      }
    }
    if (params.topP() == 1) {
      return kept;
    }
    double total = 0;
    for (int i = 0; i < kept; i++) {
      total += weight(order[i], max);
    }
    double sum = 0;
    int nucleus = 0;
    while (nucleus < kept && sum < params.topP() * total) {
      sum += weight(order[nucleus++], max);
    }
    return nucleus;
  }

  private double weight(int id, double max) {
    return Math.exp((logits[id] - max) / params.temperature());
  }

  /** Largest first, equals by id. */
  static Integer[] sorted(double[] values) {
    Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble((Integer id) -> -values[id] + 0.0));
    return order;
  }
}

package org.lfm4j.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Mean and percentiles of some values, as milliseconds; all 0 without values. */
record Percentiles(double mean, double p50, double p90, double p99, double max) {

  /** Summarises durations in nanoseconds. */
  static Percentiles ofNanos(long[] nanos) {
    if (nanos.length == 0) {
      return new Percentiles(0, 0, 0, 0, 0);
    }
    double[] sorted = Arrays.stream(nanos).mapToDouble(value -> value / 1e6).sorted().toArray();
    return new Percentiles(
        Arrays.stream(sorted).average().orElseThrow(),
        at(sorted, 0.5),
        at(sorted, 0.9),
        at(sorted, 0.99),
        sorted[sorted.length - 1]);
  }

  /** Returns the median of at least one value. */
  static double median(double[] values) {
    return at(Arrays.stream(values).sorted().toArray(), 0.5);
  }

  /** Between neighbours linearly, as numpy.percentile does by default. */
  private static double at(double[] sorted, double fraction) {
    double position = fraction * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }

  Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("mean", mean);
    json.put("p50", p50);
    json.put("p90", p90);
    json.put("p99", p99);
    json.put("max", max);
    return json;
  }
}

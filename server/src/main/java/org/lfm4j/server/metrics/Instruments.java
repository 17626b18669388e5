package org.lfm4j.server.metrics;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.Function;

/**
 * Makes metrics that carry vLLM's labels, {@code model_name} and {@code engine}. They begin at
 * zero, not with their first event, so that rates are right from the start.
 */
record Instruments(PrometheusRegistry registry, String modelName) {
  /** There is one engine. */
  static final String ENGINE = "0";

  DistributionDataPoint histogram(String name, String help, double... bounds) {
    return Histogram.builder()
        .name(name)
        .help(help)
        .labelNames("model_name", "engine")
        .classicOnly()
        .classicUpperBounds(bounds)
        .register(registry)
        .labelValues(modelName, ENGINE);
  }

  CounterDataPoint counter(String name, String help) {
    return Counter.builder()
        .name(name)
        .help(help)
        .labelNames("model_name", "engine")
        .register(registry)
        .labelValues(modelName, ENGINE);
  }

  /** Returns counters by what a further label says; {@code values} are shown from the start. */
  Function<String, CounterDataPoint> counters(
      String name, String help, String label, String... values) {
    Counter counter =
        Counter.builder()
            .name(name)
            .help(help)
            .labelNames("model_name", "engine", label)
            .register(registry);
    for (String value : values) {
      counter.initLabelValues(modelName, ENGINE, value);
    }
    return value -> counter.labelValues(modelName, ENGINE, value);
  }
}

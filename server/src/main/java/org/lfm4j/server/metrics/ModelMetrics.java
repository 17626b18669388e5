package org.lfm4j.server.metrics;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.concurrent.atomic.AtomicInteger;
import org.lfm4j.LanguageModel;

/** The metrics of one loaded model. */
final class ModelMetrics {
  private static final String LATENCY = "vllm:inter_token_latency_seconds";
  private static final String OLD_LATENCY = "vllm:time_per_output_token_seconds";

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final LanguageModel measured;

  ModelMetrics(LanguageModel model, String name, AtomicInteger inFlight) {
    RequestMetrics requests =
        new RequestMetrics(new Instruments(registry, name), model.maxModelLength());
    registry.register(new EngineCollector(model, name));
    measured = new MeasuredModel(model, requests, inFlight);
  }

  LanguageModel measured() {
    return measured;
  }

  void addTo(MetricSnapshots.Builder all) {
    for (MetricSnapshot snapshot : registry.scrape()) {
      all.metricSnapshot(snapshot);
      if (snapshot instanceof HistogramSnapshot latency
          && snapshot.getMetadata().getName().equals(LATENCY)) {
        all.metricSnapshot(
            new HistogramSnapshot(
                new MetricMetadata(OLD_LATENCY, "The same under its old name."),
                latency.getDataPoints()));
      }
    }
  }
}

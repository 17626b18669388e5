package org.lfm4j.server.metrics;

import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.lfm4j.LanguageModel;

/** All metrics of one server. Thread-safe. */
public final class Metrics implements AutoCloseable {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final HttpMetrics http = new HttpMetrics(registry);
  private final AtomicInteger inFlight = new AtomicInteger();
  private volatile @Nullable ModelMetrics model;
  private boolean jvm;

  /**
   * Returns a model that counts what it generates; its metrics are shown from now on.
   *
   * @param name label {@code model_name}
   */
  public LanguageModel measure(LanguageModel loaded, String name) {
    ModelMetrics measured = new ModelMetrics(loaded, name, inFlight);
    model = measured;
    return measured.measured();
  }

  public HttpMetrics http() {
    return http;
  }

  /** Returns how many requests are being generated. */
  public int load() {
    return inFlight.get();
  }

  /** Returns all metrics as they are now. */
  MetricSnapshots snapshots() {
    registerJvm();
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    for (MetricSnapshot snapshot : registry.scrape()) {
      all.metricSnapshot(snapshot);
    }
    ModelMetrics ready = model;
    if (ready != null) {
      ready.addTo(all);
    }
    return all.build();
  }

  /** Lets go of the model, whose memory would be kept otherwise. */
  @Override
  public void close() {
    model = null;
  }

  /** The first scrape does it, since it takes longer than a start of ours may. */
  private synchronized void registerJvm() {
    if (!jvm) {
      JvmMetrics.builder().register(registry);
      jvm = true;
    }
  }
}

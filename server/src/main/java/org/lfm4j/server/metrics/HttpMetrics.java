package org.lfm4j.server.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Set;

/** Counts HTTP requests under the names that FastAPI servers use. Thread-safe. */
public final class HttpMetrics {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS");

  private final Counter requests;
  private final Histogram durations;

  HttpMetrics(PrometheusRegistry registry) {
    requests =
        Counter.builder()
            .name("http_requests")
            .help("HTTP requests by path, method and class of status.")
            .labelNames("handler", "method", "status")
            .register(registry);
    durations =
        Histogram.builder()
            .name("http_request_duration_seconds")
            .help("Time from an HTTP request to the end of its answer.")
            .labelNames("handler", "method")
            .classicOnly()
            .classicUpperBounds(Buckets.HTTP)
            .register(registry);
  }

  /**
   * A request was answered.
   *
   * @param handler the path it matched, of a fixed set: never what a client made up
   * @param begun {@link System#nanoTime} when it came
   */
  public void answered(String handler, String method, int status, long begun) {
    String known = METHODS.contains(method) ? method : "other";
    requests.labelValues(handler, known, status / 100 + "xx").inc();
    durations.labelValues(handler, known).observe((System.nanoTime() - begun) / 1e9);
  }
}

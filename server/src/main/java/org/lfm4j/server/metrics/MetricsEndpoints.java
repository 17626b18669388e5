package org.lfm4j.server.metrics;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.Json;

/** {@code /metrics} and {@code /load}. */
public final class MetricsEndpoints {
  private final Metrics metrics;
  private final ExpositionFormatWriter text = PrometheusTextFormatWriter.create();
  private final ExpositionFormatWriter openMetrics = OpenMetricsTextFormatWriter.create();

  public MetricsEndpoints(Metrics metrics) {
    this.metrics = metrics;
  }

  /** All metrics, as OpenMetrics for those who accept it, as Prometheus text for others. */
  public void metrics(ServerRequest request, ServerResponse response) {
    String accepted = request.headers().first(HeaderNames.ACCEPT).orElse("");
    ExpositionFormatWriter writer = openMetrics.accepts(accepted) ? openMetrics : text;
    response.header(HeaderNames.CONTENT_TYPE, writer.getContentType());
    Answer.bytes(request, response, write(writer));
  }

  private byte[] write(ExpositionFormatWriter writer) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);
    try {
      writer.write(out, metrics.snapshots());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** How many requests are being generated. */
  public void load(ServerRequest request, ServerResponse response) {
    Answer.json(
        request, response, 200, Json.MAPPER.createObjectNode().put("server_load", metrics.load()));
  }
}

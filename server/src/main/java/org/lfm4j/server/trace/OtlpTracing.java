package org.lfm4j.server.trace;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lfm4j.server.http.RequestScope;
import org.lfm4j.server.http.Version;

/**
 * Sends spans to a collector by OTLP over HTTP, in batches and off the request's way. Attributes of
 * generations have the names that vLLM gives them.
 */
public final class OtlpTracing implements Tracing {
  private static final Duration SEND_WITHIN = Duration.ofSeconds(10);
  private static final long CLOSE_SECONDS = 5;

  private static final TextMapGetter<ServerRequest> HEADERS =
      new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable ServerRequest request, String key) {
          return request == null
              ? null
              : request.headers().first(HeaderNames.create(key)).orElse(null);
        }
      };

  private final SdkTracerProvider provider;
  private final Tracer tracer;

  private OtlpTracing(SdkTracerProvider provider) {
    this.provider = provider;
    this.tracer = provider.get("org.lfm4j.server", Version.NUMBER);
  }

  /**
   * Traces to a collector.
   *
   * @param endpoint full address, like {@code http://localhost:4318/v1/traces}
   * @throws IllegalArgumentException if it is no such address
   */
  public static OtlpTracing to(String endpoint) {
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder().setEndpoint(endpoint).setTimeout(SEND_WITHIN).build();
    Resource resource =
        Resource.getDefault()
            .merge(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), "lfm4j")));
    return new OtlpTracing(
        SdkTracerProvider.builder()
            .setResource(resource)
            .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
            .build());
  }

  @Override
  public Span start(ServerRequest request, RequestScope scope) {
    String method = request.prologue().method().text();
    String path = request.path().path();
    io.opentelemetry.api.trace.Span span =
        tracer
            .spanBuilder(method + " " + path)
            .setSpanKind(SpanKind.SERVER)
            .setParent(
                W3CTraceContextPropagator.getInstance().extract(Context.root(), request, HEADERS))
            .setAttribute("http.request.method", method)
            .setAttribute("url.path", path)
            .setAttribute("gen_ai.request.id", scope.id())
            .startSpan();
    return (used, status) -> end(span, used, status);
  }

  private static void end(io.opentelemetry.api.trace.Span span, RequestScope used, int status) {
    span.setAttribute("http.response.status_code", status);
    if (used.promptTokens() > 0) {
      span.setAttribute("gen_ai.usage.prompt_tokens", used.promptTokens());
      span.setAttribute("gen_ai.usage.completion_tokens", used.completionTokens());
      span.setAttribute("gen_ai.latency.e2e", seconds(System.nanoTime() - used.startedNanos()));
    }
    used.timeToFirstEvent()
        .ifPresent(time ->
            span.setAttribute("gen_ai.latency.time_to_first_token", seconds(time.toNanos())));
    if (status >= 500) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  @Override
  public void close() {
    provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}

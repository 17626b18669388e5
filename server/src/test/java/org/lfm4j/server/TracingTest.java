package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.server.trace.OtlpTracing;

/** Spans as a collector gets them. */
@Timeout(60)
class TracingTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
  private HttpServer collector;

  @BeforeEach
  void startCollector() throws Exception {
    collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          received.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
  }

  @AfterEach
  void stopCollector() {
    collector.stop(0);
  }

  @Test
  void aRequestIsASpanOfItsCallersTrace() throws Exception {
    String endpoint = "http://127.0.0.1:%d/v1/traces".formatted(collector.getAddress().getPort());
    try (TestServer server =
        TestServer.with(
            FakeModel.saying("a", "b"),
            TestServer.options().tracing(OtlpTracing.to(endpoint)).build())) {
      server.send(
          HttpRequest.newBuilder(URI.create(server.base() + "/v1/chat/completions"))
              .headers(
                  "Content-Type",
                  "application/json",
                  "X-Request-Id",
                  "job-7",
                  "traceparent",
                  "00-" + TRACE + "-00f067aa0ba902b7-01")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true}"))
              .build());
    }
    byte[] spans = received.poll(20, TimeUnit.SECONDS);
    assertThat(spans).as("sent when the server closes, at the latest").isNotNull();
    assertThat(new String(spans, StandardCharsets.ISO_8859_1))
        .contains(
            "POST /v1/chat/completions",
            "lfm4j",
            "gen_ai.request.id",
            "job-7",
            "gen_ai.usage.prompt_tokens",
            "gen_ai.usage.completion_tokens",
            "gen_ai.latency.time_to_first_token",
            "http.response.status_code",
            new String(HexFormat.of().parseHex(TRACE), StandardCharsets.ISO_8859_1));
  }

  @Test
  void aCollectorThatIsAwayCostsNothing() {
    try (TestServer server =
        TestServer.with(
            FakeModel.saying("a"),
            TestServer.options().tracing(OtlpTracing.to("http://127.0.0.1:9/v1/traces")).build())) {
      assertThat(server.get("/v1/models").statusCode()).isEqualTo(200);
    }
  }
}

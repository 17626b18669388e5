package org.lfm4j.server.trace;

import io.helidon.webserver.http.ServerRequest;
import org.lfm4j.server.http.RequestScope;

/** Where requests are traced. Thread-safe. */
public interface Tracing extends AutoCloseable {
  /** Traces nothing. */
  Tracing OFF =
      new Tracing() {
        @Override
        public Span start(ServerRequest request, RequestScope scope) {
          return (used, status) -> {};
        }

        @Override
        public void close() {}
      };

  /** A request on its way. */
  @FunctionalInterface
  interface Span {
    /** Ends the span of a request that was answered with {@code status}. */
    void end(RequestScope used, int status);
  }

  /** Begins the span of a request, under the span that its header {@code traceparent} names. */
  Span start(ServerRequest request, RequestScope scope);

  /** Sends what has not been sent yet. */
  @Override
  void close();
}

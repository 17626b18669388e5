package org.lfm4j.hub;

import com.sun.net.httpserver.HttpExchange;
import java.util.Optional;

/** A request that a stand-in has got. */
record Seen(
    String method,
    String path,
    Optional<String> authorization,
    Optional<String> range,
    Optional<String> encoding) {
  static Seen of(HttpExchange exchange) {
    return new Seen(
        exchange.getRequestMethod(),
        exchange.getRequestURI().getRawPath(),
        header(exchange, "Authorization"),
        header(exchange, "Range"),
        header(exchange, "Accept-Encoding"));
  }

  private static Optional<String> header(HttpExchange exchange, String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }
}

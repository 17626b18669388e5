package org.lfm4j.server.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Errors that happen before a request reaches an endpoint, in the same shape. */
public final class TransportErrors implements DirectHandler {
  /** What Helidon says of too large a header section, which it takes for a bad request. */
  private static final String HEADERS_TOO_LARGE = "Header size exceeded";

  private final RequestLimits limits;

  private TransportErrors(RequestLimits limits) {
    this.limits = limits;
  }

  /** Handles every kind of such error. */
  public static DirectHandlers handlers(RequestLimits limits) {
    DirectHandlers.Builder builder = DirectHandlers.builder();
    for (EventType type : EventType.values()) {
      builder.addHandler(type, new TransportErrors(limits));
    }
    return builder.build();
  }

  @Override
  public TransportResponse handle(
      TransportRequest request,
      EventType type,
      Status given,
      ServerResponseHeaders headers,
      @Nullable String message) {
    Status status =
        HEADERS_TOO_LARGE.equals(message)
            ? Status.create(431, "Request Header Fields Too Large")
            : given;
    ObjectNode body = Json.MAPPER.createObjectNode();
    ObjectNode error = body.putObject("error");
    error.put("message", words(status, message));
    error.put(
        "type",
        status.code() < 500 || status.code() == 505 ? "BadRequestError" : "InternalServerError");
    error.putNull("param");
    error.put("code", status.code());
    headers.set(HeaderNames.CONTENT_TYPE, "application/json");
    return TransportResponse.builder()
        .status(status)
        .headers(headers)
        .entity(Answer.bytes(body))
        .keepAlive(type.keepAlive())
        .build();
  }

  private String words(Status status, @Nullable String message) {
    if (status.code() == 413) {
      return "The body is larger than the %d bytes this server takes (--max-body-bytes)."
          .formatted(limits.bodyBytes());
    }
    if (status.code() == 431) {
      return "The headers are larger than the %d bytes this server takes (--max-header-bytes)."
          .formatted(limits.headerBytes());
    }
    if (status.code() == 505) {
      return "This server speaks HTTP/1.1 only.";
    }
    return message == null || message.isEmpty() ? status.reasonPhrase() : message;
  }
}

package org.lfm4j.server.messages;

import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ObjectNode;

/** Errors in Anthropic's shape. */
public final class MessageErrors {
  private MessageErrors() {}

  /** Returns the body of an error. */
  public static ObjectNode body(ApiException error) {
    ObjectNode body = Json.MAPPER.createObjectNode();
    body.put("type", "error");
    body.putObject("error").put("type", type(error.status())).put("message", error.getMessage());
    return body;
  }

  private static String type(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 404 -> "not_found_error";
      case 429 -> "rate_limit_error";
      case 500 -> "api_error";
      case 503 -> "overloaded_error";
      default -> "invalid_request_error";
    };
  }
}

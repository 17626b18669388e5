package org.lfm4j.server.edge;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ObjectNode;

/** Sends errors in the shape that the clients of a path know: Anthropic's, or OpenAI's. */
final class Refusal {
  private static final String ANTHROPIC = "/v1/messages";

  private Refusal() {}

  static void send(ServerRequest request, ServerResponse response, ApiException error) {
    if (error.status() == 401) {
      response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    if (!request.path().path().contains(ANTHROPIC)) {
      Answer.error(request, response, error);
      return;
    }
    if (error.status() == 429 || error.status() == 503) {
      response.header(HeaderNames.RETRY_AFTER, Integer.toString(error.retrySeconds()));
    }
    ObjectNode body = Json.MAPPER.createObjectNode().put("type", "error");
    body.putObject("error").put("type", anthropicType(error)).put("message", error.getMessage());
    Answer.json(request, response, error.status(), body);
  }

  private static String anthropicType(ApiException error) {
    return switch (error.status()) {
      case 401 -> "authentication_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 500 -> "api_error";
      case 503 -> "overloaded_error";
      default -> "invalid_request_error";
    };
  }
}

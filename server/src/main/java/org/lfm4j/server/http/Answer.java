package org.lfm4j.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sends whole JSON answers. */
public final class Answer {
  private Answer() {}

  /** Sends JSON; to HEAD only its headers. */
  public static void json(
      ServerRequest request, ServerResponse response, int status, JsonNode body) {
    response.status(Status.create(status));
    response.header(HeaderNames.CONTENT_TYPE, "application/json");
    bytes(request, response, bytes(body));
  }

  /** Sends bytes of a type that has been set; to HEAD only how many. */
  public static void bytes(ServerRequest request, ServerResponse response, byte[] bytes) {
    if (request.prologue().method().equals(Method.HEAD)) {
      response.contentLength(bytes.length);
      response.send();
    } else {
      response.send(bytes);
    }
  }

  /** Sends an error in the shape that its client knows. */
  public static void error(
      ServerRequest request, ServerResponse response, ApiException error, ObjectNode body) {
    if (error.status() == 503 || error.status() == 429) {
      response.header(HeaderNames.RETRY_AFTER, Integer.toString(error.retrySeconds()));
    }
    json(request, response, error.status(), body);
  }

  /** Returns vLLM's error shape, which is also OpenAI's; a wrong key has OpenAI's code. */
  public static ObjectNode errorBody(ApiException error) {
    ObjectNode body = Json.MAPPER.createObjectNode();
    ObjectNode inner = body.putObject("error");
    inner.put("message", error.getMessage());
    inner.put("type", error.type());
    if (error.param().isEmpty()) {
      inner.putNull("param");
    } else {
      inner.put("param", error.param());
    }
    if (error.status() == 401) {
      inner.put("code", "invalid_api_key");
    } else {
      inner.put("code", error.status());
    }
    return body;
  }

  /** Returns JSON as UTF-8. */
  public static byte[] bytes(JsonNode body) {
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }
}

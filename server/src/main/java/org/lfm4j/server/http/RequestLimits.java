package org.lfm4j.server.http;

import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How much one client may ask for, and how slowly.
 *
 * @param bodyBytes largest body; beyond it 413
 * @param headerBytes largest header section; beyond it 431
 * @param headerCount most header lines; beyond it 431
 * @param messages most entries of {@code messages} and {@code input}; beyond it 400
 * @param schemaBytes largest field that describes an output or tools, as JSON; beyond it 400
 * @param receive how long a request may take to arrive; then the connection is closed
 * @param write how long a client may leave its answer unread; then the connection is closed
 * @param connections most open connections; further ones wait to be accepted
 */
public record RequestLimits(
    int bodyBytes,
    int headerBytes,
    int headerCount,
    int messages,
    int schemaBytes,
    Duration receive,
    Duration write,
    int connections) {
  public static final RequestLimits DEFAULT =
      new RequestLimits(
          32 << 20,
          32 << 10,
          256,
          10_000,
          256 << 10,
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          16_384);

  private static final List<String> LISTS = List.of("messages", "input");
  private static final List<String> SCHEMAS =
      List.of(
          "response_format",
          "structured_outputs",
          "tools",
          "text",
          "output_config",
          "guided_json",
          "guided_regex",
          "guided_choice",
          "guided_grammar");

  /**
   * Checks what can be checked on any body before an endpoint reads it.
   *
   * @throws ApiException naming the field that is too large
   */
  void check(ObjectNode body) {
    for (String name : LISTS) {
      JsonNode list = body.path(name);
      if (list.isArray() && list.size() > messages) {
        throw ApiException.badRequest(
            name,
            "%s may have at most %d entries on this server, got %d: shorten it, or start the server with a larger --max-messages"
                .formatted(name, messages, list.size()));
      }
    }
    for (String name : SCHEMAS) {
      JsonNode schema = body.path(name);
      int size = schema.isMissingNode() ? 0 : schema.toString().length();
      if (size > schemaBytes) {
        throw ApiException.badRequest(
            name,
            "%s may have at most %d characters of JSON on this server, got %d: simplify it, or start the server with a larger --max-schema-bytes"
                .formatted(name, schemaBytes, size));
      }
    }
  }
}

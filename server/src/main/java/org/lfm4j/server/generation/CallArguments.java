package org.lfm4j.server.generation;

import java.util.Map;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the arguments of earlier tool calls. */
public final class CallArguments {
  private CallArguments() {}

  /**
   * Returns the field {@code arguments}. OpenAI sends it as JSON in a string; templates walk over
   * it as a mapping.
   *
   * @throws ApiException if it is no object, in a string or by itself
   */
  public static Map<String, Object> read(Fields function) {
    JsonNode arguments = function.get("arguments");
    if (arguments.isString()) {
      if (arguments.stringValue().isBlank()) {
        return Map.of();
      }
      try {
        arguments = Json.MAPPER.readTree(arguments.stringValue());
      } catch (JacksonException e) {
        throw function.mustBe("arguments", "a JSON object in a string");
      }
    }
    if (arguments instanceof ObjectNode object) {
      return Json.toMap(object);
    }
    if (!function.has("arguments")) {
      return Map.of();
    }
    throw function.mustBe("arguments", "a JSON object in a string");
  }
}

package org.lfm4j.cli;

import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One request of a batch.
 *
 * @param number its line in the input, from 1
 * @param customId what the client calls it, if it says so
 * @param url the endpoint it is for
 * @param body the endpoint's request
 * @param fault why it can't be answered, if it can't
 */
record BatchLine(
    long number, Optional<String> customId, String url, ObjectNode body, Optional<String> fault) {
  private static final JsonMapper MAPPER = JsonMapper.shared();

  /**
   * Reads a line; a broken one becomes a request with a fault.
   *
   * @param lineOfId the ids so far and their lines; this one's is added
   */
  static BatchLine parse(long number, String text, Map<String, Long> lineOfId) {
    ObjectNode empty = MAPPER.createObjectNode();
    JsonNode line;
    try {
      line = MAPPER.readTree(text);
    } catch (JacksonException e) {
      return new BatchLine(
          number,
          Optional.empty(),
          "",
          empty,
          Optional.of("line %d is not JSON".formatted(number)));
    }
    Optional<String> id =
        line.path("custom_id").isString()
            ? Optional.of(line.path("custom_id").stringValue())
            : Optional.empty();
    String url = line.path("url").asString("");
    ObjectNode body = line.path("body") instanceof ObjectNode object ? object : empty;
    Long before = id.map(name -> lineOfId.putIfAbsent(name, number)).orElse(null);
    String fault = "";
    if (id.isEmpty()) {
      fault = "custom_id must be a string";
    } else if (before != null) {
      fault = "custom_id %s was used before, in line %d".formatted(id.get(), before);
    } else if (!line.path("method").asString("").equals("POST")) {
      fault = "method must be POST";
    } else if (!line.path("body").isObject()) {
      fault = "body must be an object";
    }
    return new BatchLine(
        number, id, url, body, fault.isEmpty() ? Optional.empty() : Optional.of(fault));
  }

  /** Returns what its answer is called. */
  String answerId() {
    return "batch_req_" + number;
  }
}

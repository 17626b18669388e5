package org.lfm4j.sampling.grammar;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** The kinds of JSON values; an integer is a number with a further constraint. */
enum JsonType {
  NULL,
  BOOLEAN,
  NUMBER,
  STRING,
  ARRAY,
  OBJECT;

  static JsonType of(JsonNode value) {
    return switch (value.getNodeType()) {
      case NULL -> NULL;
      case BOOLEAN -> BOOLEAN;
      case NUMBER -> NUMBER;
      case STRING -> STRING;
      case ARRAY -> ARRAY;
      case OBJECT -> OBJECT;
      default -> throw new IllegalStateException("not a JSON value: " + value);
    };
  }

  static Optional<JsonType> named(String name) {
    return switch (name) {
      case "null" -> Optional.of(NULL);
      case "boolean" -> Optional.of(BOOLEAN);
      case "number", "integer" -> Optional.of(NUMBER);
      case "string" -> Optional.of(STRING);
      case "array" -> Optional.of(ARRAY);
      case "object" -> Optional.of(OBJECT);
      default -> Optional.empty();
    };
  }

  static Set<JsonType> all() {
    return EnumSet.allOf(JsonType.class);
  }
}

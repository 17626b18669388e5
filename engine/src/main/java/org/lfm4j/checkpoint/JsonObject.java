package org.lfm4j.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One JSON object of a model directory, read key by key with errors that name the file, the key,
 * what was expected and what was found. A key whose value is {@code null} counts as absent. Where
 * several keys are given they are aliases, the first present one wins.
 */
final class JsonObject {
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private final String source;
  private final JsonNode node;

  private JsonObject(String source, JsonNode node) {
    this.source = source;
    this.node = node;
  }

  static JsonObject read(Path file) {
    try {
      return parse(file.toString(), Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new CheckpointException(
          "%s: no such file; a model directory needs it, download it again".formatted(file), e);
    } catch (IOException e) {
      throw new CheckpointException("%s: can't be read: %s".formatted(file, e), e);
    }
  }

  static JsonObject parse(String source, byte[] json) {
    JsonNode node;
    try {
      node = MAPPER.readTree(json);
    } catch (JacksonException e) {
      throw new CheckpointException(
          "%s: expected a JSON object, found bad JSON: %s"
              .formatted(source, e.getOriginalMessage()),
          e);
    }
    if (!node.isObject()) {
      throw new CheckpointException(
          "%s: expected a JSON object, found %s".formatted(source, describe(node)));
    }
    return new JsonObject(source, node);
  }

  String source() {
    return source;
  }

  Collection<String> keys() {
    return node.propertyNames();
  }

  Optional<JsonNode> find(String... keys) {
    for (String key : keys) {
      JsonNode value = node.get(key);
      if (value != null && !value.isNull()) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  /** Returns whether the key is there with the value {@code null}. */
  boolean isNull(String key) {
    JsonNode value = node.get(key);
    return value != null && value.isNull();
  }

  Optional<JsonObject> object(String key) {
    return find(key)
        .map(value -> {
          if (!value.isObject()) {
            throw bad(key, "an object", value);
          }
          return new JsonObject("%s: %s".formatted(source, key), value);
        });
  }

  Optional<String> string(String key) {
    return find(key)
        .map(value -> {
          if (!value.isString()) {
            throw bad(key, "a string", value);
          }
          return value.stringValue();
        });
  }

  boolean bool(boolean absent, String... keys) {
    return find(keys)
        .map(value -> {
          if (!value.isBoolean()) {
            throw bad(keys[0], "true or false", value);
          }
          return value.booleanValue();
        })
        .orElse(absent);
  }

  OptionalInt integer(int min, int max, String... keys) {
    Optional<JsonNode> value = find(keys);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(
        integer(value.get(), min, max)
            .orElseThrow(
                () -> bad(keys[0], "an integer in [%d, %d]".formatted(min, max), value.get())));
  }

  int requiredInteger(int min, int max, String... keys) {
    return integer(min, max, keys)
        .orElseThrow(() ->
            new CheckpointException(
                "%s: key \"%s\" is missing; expected an integer in [%d, %d]"
                    .formatted(source, keys[0], min, max)));
  }

  double positiveNumber(double absent, String... keys) {
    return find(keys)
        .map(value -> {
          if (!value.isNumber() || !(value.asDouble() > 0) || isInfinite(value)) {
            throw bad(keys[0], "a number greater than 0", value);
          }
          return value.asDouble();
        })
        .orElse(absent);
  }

  /** Reads a list of integers, or a single one as a list of one; absent is empty. */
  List<Integer> integers(int min, int max, String key) {
    Optional<JsonNode> found = find(key);
    if (found.isEmpty()) {
      return List.of();
    }
    List<Integer> result = new ArrayList<>();
    Iterable<JsonNode> values = found.get().isArray() ? found.get() : List.of(found.get());
    for (JsonNode value : values) {
      result.add(
          integer(value, min, max)
              .orElseThrow(
                  () -> bad(key, "integers in [%d, %d]".formatted(min, max), found.get())));
    }
    return result;
  }

  CheckpointException bad(String key, String expected, JsonNode found) {
    return bad(key, expected, describe(found));
  }

  CheckpointException bad(String key, String expected, String found) {
    return new CheckpointException(
        "%s: key \"%s\": expected %s, found %s".formatted(source, key, expected, found));
  }

  private static OptionalInt integer(JsonNode value, int min, int max) {
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      return OptionalInt.empty();
    }
    int number = value.intValue();
    return number >= min && number <= max ? OptionalInt.of(number) : OptionalInt.empty();
  }

  private static boolean isInfinite(JsonNode value) {
    return Double.isInfinite(value.asDouble());
  }

  private static String describe(JsonNode node) {
    String text = node.toString();
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}

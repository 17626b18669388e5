package org.lfm4j.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Typed access to a JSON object's fields; null counts as absent. Every method throws {@link
 * ApiException} naming field, expectation and value if the field has another type.
 *
 * @param node the object
 * @param path where it stands in the body: empty, or like {@code messages[0].}
 */
public record Fields(ObjectNode node, String path) {

  /** Returns whether a field is there and not null. */
  public boolean has(String name) {
    return node.hasNonNull(name);
  }

  /** Returns a field or a missing node. */
  public JsonNode get(String name) {
    return node.path(name);
  }

  public OptionalDouble number(String name) {
    if (!has(name)) {
      return OptionalDouble.empty();
    }
    if (!get(name).isNumber()) {
      throw mustBe(name, "a number");
    }
    double value = get(name).doubleValue();
    if (!Double.isFinite(value)) {
      throw mustBe(name, "a number that fits a double");
    }
    return OptionalDouble.of(value);
  }

  public OptionalLong integer(String name) {
    if (!has(name)) {
      return OptionalLong.empty();
    }
    // As in JSON Schema, 2.0 is an integer.
    if (!get(name).canConvertToExactIntegral() || !get(name).canConvertToLong()) {
      throw mustBe(name, "an integer of at most 64 bits");
    }
    return OptionalLong.of(get(name).longValue());
  }

  /** Returns an integer in [{@code least}, {@code most}]. */
  public OptionalInt intIn(String name, int least, int most) {
    return intIn(name, least, most, "in [%d, %d]".formatted(least, most));
  }

  /** Returns an integer in [{@code least}, {@code most}], a range that {@code words} describe. */
  public OptionalInt intIn(String name, int least, int most, String words) {
    OptionalLong value = integer(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.getAsLong() < least || value.getAsLong() > most) {
      throw mustBe(name, words);
    }
    return OptionalInt.of((int) value.getAsLong());
  }

  public boolean bool(String name) {
    return bool(name, false);
  }

  /** Returns a flag, or {@code absent} where there is none. */
  public boolean bool(String name, boolean absent) {
    if (!has(name)) {
      return absent;
    }
    if (!get(name).isBoolean()) {
      throw mustBe(name, "true or false");
    }
    return get(name).booleanValue();
  }

  public Optional<String> string(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    if (!get(name).isString()) {
      throw mustBe(name, "a string");
    }
    return Optional.of(get(name).stringValue());
  }

  public Optional<ArrayNode> array(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    if (get(name) instanceof ArrayNode array) {
      return Optional.of(array);
    }
    throw mustBe(name, "a list");
  }

  /** Returns a list of token ids. */
  public Optional<List<Integer>> integers(String name) {
    return array(name)
        .map(array -> {
          List<Integer> ids = new ArrayList<>();
          for (JsonNode id : array) {
            if (!id.isInt() || id.intValue() < 0) {
              throw mustBe(name, "a list of token ids");
            }
            ids.add(id.intValue());
          }
          return ids;
        });
  }

  public Optional<Fields> object(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    if (get(name) instanceof ObjectNode object) {
      return Optional.of(new Fields(object, path + name + "."));
    }
    throw mustBe(name, "an object");
  }

  /** Returns an object, or one without any fields where there is none. */
  public Fields objectOrEmpty(String name) {
    return object(name)
        .orElseGet(() -> new Fields(Json.MAPPER.createObjectNode(), path + name + "."));
  }

  /** Returns element {@code i} of a list field as an object. */
  public Fields element(String name, ArrayNode array, int i) {
    String place = "%s%s[%d]".formatted(path, name, i);
    if (array.get(i) instanceof ObjectNode object) {
      return new Fields(object, place + ".");
    }
    throw ApiException.badRequest(
        place, "%s must be an object, got %s".formatted(place, Json.quote(array.get(i))));
  }

  /** Says what a field must be, and what it is. */
  public ApiException mustBe(String name, String expected) {
    return ApiException.badRequest(
        path + name,
        "%s%s must be %s, got %s".formatted(path, name, expected, Json.quote(get(name))));
  }
}

package org.lfm4j.sampling.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;

/**
 * One schema of a document, read keyword by keyword with errors that name its place.
 *
 * @param node an object or a boolean
 * @param pointer where it stands, as a URI fragment
 * @param negated whether it is to be violated instead
 */
record Schema(JsonNode node, String pointer, boolean negated) {
  /** Nothing satisfies it. */
  static final Schema NEVER = new Schema(BooleanNode.FALSE, "never", false);

  Schema(JsonNode node, String pointer) {
    this(node, pointer, false);
  }

  Schema not() {
    return new Schema(node, pointer, !negated);
  }

  /** Returns what tells it from others. */
  String key() {
    return negated ? "not " + pointer : pointer;
  }

  static Schema of(JsonNode node, String pointer) {
    Schema schema = new Schema(node, pointer);
    if (!node.isObject() && !node.isBoolean()) {
      throw schema.error("a schema is an object or true or false, this is %s".formatted(node));
    }
    return schema;
  }

  Optional<JsonNode> find(String keyword) {
    return Optional.ofNullable(node.get(keyword));
  }

  boolean has(String keyword) {
    return node.has(keyword);
  }

  Optional<Schema> child(String keyword) {
    return find(keyword).map(value -> of(value, pointer + "/" + keyword));
  }

  /** Returns the schemas of a list. */
  List<Schema> children(String keyword) {
    List<Schema> children = new ArrayList<>();
    find(keyword)
        .ifPresent(list -> {
          if (!list.isArray() || list.isEmpty()) {
            throw error("%s must be a list of schemas".formatted(keyword));
          }
          for (JsonNode value : list) {
            children.add(of(value, "%s/%s/%d".formatted(pointer, keyword, children.size())));
          }
        });
    return children;
  }

  /** Returns the names of an object of schemas, in its order. */
  List<String> names(String keyword) {
    Optional<JsonNode> object = find(keyword);
    if (object.isPresent() && !object.get().isObject()) {
      throw error("%s must be an object of schemas".formatted(keyword));
    }
    return object.map(o -> List.copyOf(o.propertyNames())).orElse(List.of());
  }

  Optional<Schema> named(String keyword, String name) {
    return find(keyword)
        .flatMap(object -> Optional.ofNullable(object.get(name)))
        .map(value -> of(value, "%s/%s/%s".formatted(pointer, keyword, escape(name))));
  }

  Optional<String> string(String keyword) {
    return find(keyword)
        .map(value -> {
          if (!value.isString()) {
            throw error("%s must be a string".formatted(keyword));
          }
          return value.stringValue();
        });
  }

  List<String> strings(String keyword) {
    List<String> strings = new ArrayList<>();
    find(keyword)
        .ifPresent(list -> {
          for (JsonNode value : list) {
            if (!value.isString()) {
              throw error("%s must be a list of strings".formatted(keyword));
            }
            strings.add(value.stringValue());
          }
        });
    return strings;
  }

  Optional<BigDecimal> number(String keyword) {
    return find(keyword)
        .map(value -> {
          if (!value.isNumber()) {
            throw error("%s must be a number".formatted(keyword));
          }
          BigDecimal number = value.decimalValue();
          if (number.precision() > Limits.DIGITS || Math.abs(number.scale()) > Limits.DIGITS) {
            throw error("%s has more than %d digits".formatted(keyword, Limits.DIGITS));
          }
          return number;
        });
  }

  /** Returns a count, such as maxLength. */
  OptionalInt count(String keyword) {
    Optional<BigDecimal> number = number(keyword);
    if (number.isEmpty()) {
      return OptionalInt.empty();
    }
    BigDecimal count = number.get();
    if (count.signum() < 0 || count.stripTrailingZeros().scale() > 0) {
      throw error("%s must be a whole number from 0 on".formatted(keyword));
    }
    Limits.repetitions(
        "%s: %s".formatted(pointer, keyword),
        count.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue());
    return OptionalInt.of(count.intValue());
  }

  GrammarException error(String problem) {
    return new GrammarException("%s: %s".formatted(pointer, problem));
  }

  static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}

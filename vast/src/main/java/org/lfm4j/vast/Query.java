package org.lfm4j.vast;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.lfm4j.vast.Condition.Value;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DoubleNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Conditions on offers, such as {@code gpu_ram>=80 num_gpus=1}, in the form that the service takes:
 * {@code {"gpu_ram": {"gte": 80000.0}, "num_gpus": {"eq": "1"}}}.
 */
public final class Query {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Pattern VERSION = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){0,2}");
  private static final int VERSION_PARTS = 3;

  private final String text;
  private final Map<String, ObjectNode> fields = new LinkedHashMap<>();

  private Query(String text) {
    this.text = text;
  }

  /**
   * Reads a query. Conditions on one field are merged; {@code any} removes the conditions before
   * it.
   *
   * @param defaults conditions that the text may overrule
   * @throws QueryException if either text is no query
   */
  public static Query parse(String defaults, String text) {
    Query query = new Query(text);
    QueryParser.parse(defaults).forEach(query::add);
    QueryParser.parse(text).forEach(query::add);
    return query;
  }

  /** Returns the fields that the service may not know, in order. */
  public List<String> unknownFields() {
    TreeSet<String> unknown = new TreeSet<>();
    fields.keySet().stream().filter(field -> !OfferField.known(field)).forEach(unknown::add);
    return List.copyOf(unknown);
  }

  /** Returns the conditions in the service's form. */
  public ObjectNode toJson() {
    ObjectNode body = JSON.objectNode();
    fields.forEach((field, conditions) -> body.set(field, conditions.deepCopy()));
    return body;
  }

  private void add(Condition condition) {
    String field = OfferField.resolve(condition.field());
    if (condition.wildcard()) {
      fields.remove(field);
      return;
    }
    JsonNode value;
    if (condition.operator().takesList()) {
      ArrayNode list = JSON.arrayNode();
      condition.values().forEach(item -> list.add(value(field, item, condition)));
      value = list;
    } else {
      value = value(field, condition.values().getFirst(), condition);
    }
    fields
        .computeIfAbsent(field, name -> JSON.objectNode())
        .set(condition.operator().name().toLowerCase(Locale.ROOT), value);
  }

  private JsonNode value(String field, Value value, Condition condition) {
    double multiplier = OfferField.multiplier(field);
    if (multiplier != 1) {
      return DoubleNode.valueOf(number(value, condition) * multiplier);
    }
    if (field.equals("driver_version")) {
      return IntNode.valueOf(version(value, condition));
    }
    if (!value.quoted()) {
      switch (value.text()) {
        case "true", "True" -> {
          return BooleanNode.TRUE;
        }
        case "false", "False" -> {
          return BooleanNode.FALSE;
        }
        case "null", "None" -> {
          return NullNode.instance;
        }
        default -> {}
      }
    }
    return StringNode.valueOf(value.text().replace('_', ' '));
  }

  private double number(Value value, Condition condition) {
    try {
      double number = Double.parseDouble(value.text());
      if (Double.isFinite(number)
          && !Character.isLetter(value.text().charAt(value.text().length() - 1))) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, with the position.
    }
    throw new QueryException(
        text,
        Math.min(condition.position(), text.length()),
        "%s takes a plain number (gigabytes, or days for duration), got '%s',"
            .formatted(condition.field(), value.text()));
  }

  private int version(Value value, Condition condition) {
    if (!VERSION.matcher(value.text()).matches()) {
      throw new QueryException(
          text,
          Math.min(condition.position(), text.length()),
          "driver_version takes a version like 535.86.05, got '%s',".formatted(value.text()));
    }
    String[] parts = value.text().split("\\.", -1);
    int number = 0;
    for (int i = 0; i < VERSION_PARTS; i++) {
      number = number * 1000 + (i < parts.length ? Integer.parseInt(parts[i]) : 0);
    }
    return number;
  }
}

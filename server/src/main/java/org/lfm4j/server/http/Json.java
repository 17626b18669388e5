package org.lfm4j.server.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lfm4j.text.JsonNull;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reading and writing JSON trees. */
public final class Json {
  /** Refuses anything after the first value. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final int LONGEST_QUOTE = 80;

  private Json() {}

  /**
   * Parses an object.
   *
   * @throws ApiException if it is not one JSON object
   */
  public static ObjectNode object(byte[] body) {
    JsonNode node;
    try {
      node = MAPPER.readTree(body);
    } catch (JacksonException e) {
      var at = e.getLocation();
      String where =
          at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
      throw ApiException.badRequest(
          "The body is not valid JSON: " + withoutSource(e.getOriginalMessage()) + where);
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw ApiException.badRequest("The body must be a JSON object, got " + quote(node));
  }

  /** Jackson's remark about where its text came from says nothing to a client. */
  private static String withoutSource(String message) {
    return message.replaceFirst("\\s*\\([^(]*\\[Source.*", "");
  }

  /** Returns a value as a message shows it: its JSON, cut to a readable length. */
  public static String quote(JsonNode node) {
    String json = node.isMissingNode() ? "nothing" : node.toString();
    return json.length() <= LONGEST_QUOTE ? json : json.substring(0, LONGEST_QUOTE) + "…";
  }

  /** Returns a value in the form that chat templates take. */
  public static Object toValue(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> toMap((ObjectNode) node);
      case ARRAY -> toList(node);
      case STRING -> node.stringValue();
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> toNumber(node);
      case NULL, MISSING -> JsonNull.NULL;
      case BINARY, POJO -> throw new IllegalStateException("not from JSON text: " + node);
    };
  }

  /** Returns an object in the form that chat templates take, in its own order. */
  public static Map<String, Object> toMap(ObjectNode node) {
    Map<String, Object> map = new LinkedHashMap<>();
    node.forEachEntry((name, value) -> map.put(name, toValue(value)));
    return map;
  }

  private static List<Object> toList(JsonNode node) {
    List<Object> list = new ArrayList<>(node.size());
    node.forEach(element -> list.add(toValue(element)));
    return list;
  }

  private static Object toNumber(JsonNode node) {
    if (!node.isIntegralNumber()) {
      return node.doubleValue();
    }
    return node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
  }
}

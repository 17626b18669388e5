package org.lfm4j.server.generation;

import java.util.List;
import java.util.Set;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Reads what messages hold: a text, or a list of parts whose texts are joined. */
public final class TextContent {
  private TextContent() {}

  /**
   * Returns the text of a field.
   *
   * @param types the types a part may have
   * @throws ApiException naming the part at fault
   */
  public static String read(Fields holder, String name, Set<String> types) {
    JsonNode content = holder.get(name);
    if (content.isString()) {
      return content.stringValue();
    }
    if (content instanceof ArrayNode parts) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < parts.size(); i++) {
        text.append(part(holder.element(name, parts, i), types));
      }
      return text.toString();
    }
    throw holder.mustBe(name, "a string or a list of text parts");
  }

  /**
   * Returns the text of one part.
   *
   * @throws ApiException if it has another type
   */
  public static String part(Fields part, Set<String> types) {
    if (!types.contains(part.string("type").orElse(""))) {
      throw part.mustBe("type", quoted(types) + " (the model reads nothing else)");
    }
    return part.string("text").orElseThrow(() -> part.mustBe("text", "a string"));
  }

  private static String quoted(Set<String> types) {
    List<String> sorted = types.stream().sorted().map(type -> "\"" + type + "\"").toList();
    return String.join(" or ", sorted);
  }
}

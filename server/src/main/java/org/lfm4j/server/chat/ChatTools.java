package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.server.chat.ToolChoice.Kind;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ArrayNode;

/**
 * The tools of a request and what is to become of them.
 *
 * @param all as the client declared them
 * @param choice whether they may or must be called
 */
public record ChatTools(List<Object> all, ToolChoice choice) {

  /**
   * Reads {@code tools} and {@code tool_choice}.
   *
   * @throws ApiException naming the field at fault
   */
  public static ChatTools read(Fields body) {
    ArrayNode array = body.array("tools").orElseGet(Json.MAPPER::createArrayNode);
    if (array.isEmpty() && body.has("tools")) {
      throw body.mustBe("tools", "a list of at least one tool");
    }
    List<Object> tools = new ArrayList<>(array.size());
    List<String> names = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      Fields tool = body.element("tools", array, i);
      names.add(name(tool));
      tools.add(Json.toMap(tool.node()));
    }
    return new ChatTools(tools, ToolChoice.read(body, names));
  }

  private static String name(Fields tool) {
    if (!tool.string("type").orElse("").equals("function")) {
      throw tool.mustBe("type", "\"function\"");
    }
    Fields function =
        tool.object("function").orElseThrow(() -> tool.mustBe("function", "an object"));
    return function.string("name").orElseThrow(() -> function.mustBe("name", "a string"));
  }

  /** Returns what the template is to show. */
  public List<Object> shown() {
    return choice.kind() == Kind.NONE ? List.of() : all;
  }
}

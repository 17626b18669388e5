package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ArrayNode;

/** Reads {@code tools} and {@code tool_choice}. */
public final class ChatTools {
  private ChatTools() {}

  /**
   * Returns the tools the template is to show; none if {@code tool_choice} is {@code none}.
   *
   * @throws ApiException naming the field at fault
   */
  public static List<Object> read(Fields body) {
    boolean hidden = body.has("tool_choice") && choice(body).equals("none");
    ArrayNode array = body.array("tools").orElseGet(Json.MAPPER::createArrayNode);
    if (array.isEmpty()) {
      if (body.has("tools")) {
        throw body.mustBe("tools", "a list of at least one tool");
      }
      if (body.has("tool_choice") && !hidden) {
        throw ApiException.badRequest("tool_choice", "tool_choice needs tools to choose from");
      }
    }
    List<Object> tools = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      tools.add(tool(body.element("tools", array, i)));
    }
    return hidden ? List.of() : tools;
  }

  private static String choice(Fields body) {
    String choice = body.get("tool_choice").isString() ? body.string("tool_choice").orElse("") : "";
    if (!choice.equals("auto") && !choice.equals("none")) {
      throw body.mustBe("tool_choice", "\"auto\" or \"none\" (calls can't be forced yet)");
    }
    return choice;
  }

  private static Object tool(Fields tool) {
    if (!tool.string("type").orElse("").equals("function")) {
      throw tool.mustBe("type", "\"function\"");
    }
    Fields function =
        tool.object("function").orElseThrow(() -> tool.mustBe("function", "an object"));
    if (function.string("name").isEmpty()) {
      throw function.mustBe("name", "a string");
    }
    return Json.toMap(tool.node());
  }
}

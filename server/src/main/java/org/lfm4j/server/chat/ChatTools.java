package org.lfm4j.server.chat;

import java.util.List;
import org.lfm4j.server.generation.ToolChoice;
import org.lfm4j.server.generation.ToolChoice.Kind;
import org.lfm4j.server.generation.Tools;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import tools.jackson.databind.node.ObjectNode;

/** Reads {@code tools} and {@code tool_choice}. */
public final class ChatTools {
  private ChatTools() {}

  /**
   * Reads the tools of a request.
   *
   * @throws ApiException naming the field at fault
   */
  public static Tools read(Fields body) {
    if (body.has("tools") && body.get("tools").isArray() && body.get("tools").isEmpty()) {
      throw body.mustBe("tools", "a list of at least one tool");
    }
    return Tools.read(body, ChatTools::checked, names -> choice(body, names));
  }

  private static ObjectNode checked(Fields tool) {
    if (!tool.string("type").orElse("").equals("function")) {
      throw tool.mustBe("type", "\"function\"");
    }
    Fields function =
        tool.object("function").orElseThrow(() -> tool.mustBe("function", "an object"));
    if (function.string("name").isEmpty()) {
      throw function.mustBe("name", "a string");
    }
    return tool.node();
  }

  private static ToolChoice choice(Fields body, List<String> names) {
    if (!body.has("tool_choice")) {
      return ToolChoice.among(names);
    }
    ToolChoice choice = body.get("tool_choice").isObject() ? named(body) : word(body);
    return choice.checked(names, "tool_choice.function.name");
  }

  private static ToolChoice word(Fields body) {
    return switch (body.get("tool_choice").asString("")) {
      case "none" -> ToolChoice.of(Kind.NONE);
      case "auto" -> ToolChoice.of(Kind.AUTO);
      case "required" -> ToolChoice.of(Kind.REQUIRED);
      default -> throw unknown(body);
    };
  }

  private static ToolChoice named(Fields body) {
    Fields choice = body.object("tool_choice").orElseThrow(() -> unknown(body));
    if (!choice.string("type").orElse("function").equals("function")) {
      throw unknown(body);
    }
    Fields function = choice.object("function").orElseThrow(() -> unknown(body));
    return ToolChoice.named(
        function.string("name").orElseThrow(() -> function.mustBe("name", "a string")));
  }

  private static ApiException unknown(Fields body) {
    return body.mustBe(
        "tool_choice",
        "\"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": ...}}");
  }
}

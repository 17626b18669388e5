package org.lfm4j.server.responses;

import java.util.List;
import org.lfm4j.server.generation.ToolChoice;
import org.lfm4j.server.generation.ToolChoice.Kind;
import org.lfm4j.server.generation.Tools;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads tools in the flat form of the Responses API. */
final class ResponsesTools {
  private ResponsesTools() {}

  /**
   * Reads the tools of a request.
   *
   * @throws ApiException naming the field at fault, and any tool that OpenAI would run itself
   */
  static Tools read(Fields body) {
    return Tools.read(body, ResponsesTools::inChatForm, names -> choice(body, names));
  }

  private static ObjectNode inChatForm(Fields tool) {
    if (!tool.string("type").orElse("").equals("function")) {
      throw tool.mustBe("type", "\"function\" (this server has no built-in tools)");
    }
    if (tool.string("name").isEmpty()) {
      throw tool.mustBe("name", "a string");
    }
    tool.object("parameters");
    ObjectNode function = Json.MAPPER.createObjectNode();
    for (String field : List.of("name", "description", "parameters")) {
      if (tool.has(field)) {
        function.set(field, tool.get(field));
      }
    }
    return Tools.function(function);
  }

  /** Returns the tools as an answer repeats them: with every field that the API has. */
  static ArrayNode echo(Fields body) {
    ArrayNode tools = Json.MAPPER.createArrayNode();
    for (var tool : body.array("tools").orElseGet(Json.MAPPER::createArrayNode)) {
      ObjectNode copy = tools.addObject();
      copy.putNull("description").putNull("parameters").putNull("strict");
      copy.setAll((ObjectNode) tool);
    }
    return tools;
  }

  private static ToolChoice choice(Fields body, List<String> names) {
    if (!body.has("tool_choice")) {
      return ToolChoice.among(names);
    }
    ToolChoice choice = body.get("tool_choice").isObject() ? named(body) : word(body, names);
    return choice.checked(names, "tool_choice.name");
  }

  private static ToolChoice word(Fields body, List<String> names) {
    return switch (body.get("tool_choice").asString("")) {
      case "none" -> ToolChoice.of(Kind.NONE);
      case "auto" -> ToolChoice.among(names);
      case "required" -> ToolChoice.of(Kind.REQUIRED);
      default -> throw unknown(body);
    };
  }

  private static ToolChoice named(Fields body) {
    Fields choice = body.object("tool_choice").orElseThrow(() -> unknown(body));
    if (!choice.string("type").orElse("").equals("function")) {
      throw unknown(body);
    }
    return ToolChoice.named(
        choice.string("name").orElseThrow(() -> choice.mustBe("name", "a string")));
  }

  private static ApiException unknown(Fields body) {
    return body.mustBe(
        "tool_choice",
        "\"none\", \"auto\", \"required\" or {\"type\": \"function\", \"name\": ...}");
  }
}

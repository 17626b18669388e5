package org.lfm4j.server.messages;

import java.util.List;
import java.util.Optional;
import org.lfm4j.server.generation.ToolChoice;
import org.lfm4j.server.generation.ToolChoice.Kind;
import org.lfm4j.server.generation.Tools;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ObjectNode;

/** Reads {@code tools} and {@code tool_choice} in Anthropic's form. */
final class MessageTools {
  private MessageTools() {}

  /**
   * Reads the tools of a request.
   *
   * @throws ApiException naming the field at fault, and any tool that Anthropic defines itself
   */
  static Tools read(Fields body) {
    return Tools.read(body, MessageTools::inChatForm, names -> choice(body, names));
  }

  /** Returns whether calls after the first are wanted. */
  static boolean parallel(Fields body) {
    return body.object("tool_choice")
        .map(choice -> !choice.bool("disable_parallel_tool_use"))
        .orElse(true);
  }

  private static ObjectNode inChatForm(Fields tool) {
    if (!tool.string("type").orElse("custom").equals("custom")) {
      throw tool.mustBe("type", "\"custom\" (this server has no built-in tools)");
    }
    String name = tool.string("name").orElseThrow(() -> tool.mustBe("name", "a string"));
    Fields schema =
        tool.object("input_schema").orElseThrow(() -> tool.mustBe("input_schema", "an object"));
    ObjectNode function = Json.MAPPER.createObjectNode();
    function.put("name", name);
    tool.string("description").ifPresent(text -> function.put("description", text));
    function.set("parameters", schema.node());
    return Tools.function(function);
  }

  private static ToolChoice choice(Fields body, List<String> names) {
    return body.object("tool_choice")
        .flatMap(MessageTools::choice)
        .orElseGet(() -> ToolChoice.among(names))
        .checked(names, "tool_choice.name");
  }

  /** Returns what the choice says; nothing if it leaves it to the model. */
  private static Optional<ToolChoice> choice(Fields choice) {
    return switch (choice.string("type").orElse("")) {
      case "auto" -> Optional.empty();
      case "none" -> Optional.of(ToolChoice.of(Kind.NONE));
      case "any" -> Optional.of(ToolChoice.of(Kind.REQUIRED));
      case "tool" ->
          Optional.of(
              ToolChoice.named(
                  choice.string("name").orElseThrow(() -> choice.mustBe("name", "a string"))));
      default -> throw choice.mustBe("type", "one of auto, any, tool, none");
    };
  }
}

package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lfm4j.server.generation.CallArguments;
import org.lfm4j.server.generation.TextContent;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.node.ArrayNode;

/**
 * Turns the {@code messages} of a request into what chat templates expect: roles the model was
 * trained on, content as one text, and the arguments of tool calls as mappings. Further fields
 * ({@code name}, {@code tool_call_id}, {@code thinking}) reach the template as they are; {@code
 * reasoning} and {@code reasoning_content} are other names for {@code thinking}.
 */
final class ChatMessages {
  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool");
  private static final Set<String> CONTENT_OPTIONAL = Set.of("assistant", "tool");

  private ChatMessages() {}

  /**
   * Reads the field {@code messages}.
   *
   * @throws ApiException naming the message and field at fault
   */
  static List<Map<String, Object>> read(Fields body) {
    ArrayNode array = body.array("messages").orElseThrow(() -> body.mustBe("messages", "a list"));
    if (array.isEmpty()) {
      throw body.mustBe("messages", "a list of at least one message");
    }
    List<Map<String, Object>> messages = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      messages.add(message(body.element("messages", array, i)));
    }
    return messages;
  }

  private static Map<String, Object> message(Fields message) {
    String role = message.string("role").orElse("");
    if (!ROLES.contains(role)) {
      throw message.mustBe("role", "one of system, developer, user, assistant, tool");
    }
    Map<String, Object> result = new LinkedHashMap<>();
    // LFM2 knows no developer: it is OpenAI's newer word for the system's instructions.
    result.put("role", role.equals("developer") ? "system" : role);
    result.put("content", content(message, role));
    message
        .node()
        .forEachEntry((name, value) -> {
          if (!value.isNull() && !name.equals("tool_calls")) {
            result.putIfAbsent(name, Json.toValue(value));
          }
        });
    if (role.equals("assistant")) {
      message
          .string("reasoning")
          .or(() -> message.string("reasoning_content"))
          .ifPresent(reasoning -> result.putIfAbsent("thinking", reasoning));
    }
    message
        .array("tool_calls")
        .filter(calls -> !calls.isEmpty())
        .ifPresent(calls -> result.put("tool_calls", toolCalls(message, calls)));
    return result;
  }

  private static String content(Fields message, String role) {
    if (!message.has("content") && CONTENT_OPTIONAL.contains(role)) {
      return "";
    }
    return TextContent.read(message, "content", Set.of("text"));
  }

  private static List<Object> toolCalls(Fields message, ArrayNode calls) {
    List<Object> result = new ArrayList<>(calls.size());
    for (int i = 0; i < calls.size(); i++) {
      Fields call = message.element("tool_calls", calls, i);
      Fields function =
          call.object("function").orElseThrow(() -> call.mustBe("function", "an object"));
      String name = function.string("name").orElseThrow(() -> function.mustBe("name", "a string"));
      Map<String, Object> converted = Json.toMap(call.node());
      converted.put("function", Map.of("name", name, "arguments", CallArguments.read(function)));
      result.add(converted);
    }
    return result;
  }
}

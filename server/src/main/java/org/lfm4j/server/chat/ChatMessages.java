package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

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
    JsonNode content = message.get("content");
    if (content.isString()) {
      return content.stringValue();
    }
    if (content instanceof ArrayNode parts) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < parts.size(); i++) {
        text.append(part(message.element("content", parts, i)));
      }
      return text.toString();
    }
    if (!message.has("content") && CONTENT_OPTIONAL.contains(role)) {
      return "";
    }
    throw message.mustBe("content", "a string or a list of text parts");
  }

  private static String part(Fields part) {
    String type = part.string("type").orElse("");
    if (!type.equals("text")) {
      throw part.mustBe("type", "\"text\" (the model reads nothing else)");
    }
    return part.string("text").orElseThrow(() -> part.mustBe("text", "a string"));
  }

  private static List<Object> toolCalls(Fields message, ArrayNode calls) {
    List<Object> result = new ArrayList<>(calls.size());
    for (int i = 0; i < calls.size(); i++) {
      Fields call = message.element("tool_calls", calls, i);
      Fields function =
          call.object("function").orElseThrow(() -> call.mustBe("function", "an object"));
      String name = function.string("name").orElseThrow(() -> function.mustBe("name", "a string"));
      Map<String, Object> converted = Json.toMap(call.node());
      converted.put("function", Map.of("name", name, "arguments", arguments(function)));
      result.add(converted);
    }
    return result;
  }

  /** OpenAI sends arguments as JSON in a string; templates walk over them as a mapping. */
  private static Map<String, Object> arguments(Fields function) {
    JsonNode arguments = function.get("arguments");
    if (arguments.isString()) {
      if (arguments.stringValue().isBlank()) {
        return Map.of();
      }
      try {
        arguments = Json.MAPPER.readTree(arguments.stringValue());
      } catch (JacksonException e) {
        throw function.mustBe("arguments", "a JSON object in a string");
      }
    }
    if (arguments instanceof ObjectNode object) {
      return Json.toMap(object);
    }
    if (!function.has("arguments")) {
      return Map.of();
    }
    throw function.mustBe("arguments", "a JSON object in a string");
  }
}

package org.lfm4j.server.generation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Gathers what an assistant said in one earlier turn into the message that templates expect. */
public final class AssistantTurn {
  private final StringBuilder content = new StringBuilder();
  private final StringBuilder thinking = new StringBuilder();
  private final List<Object> calls = new ArrayList<>();

  public void say(String text) {
    content.append(text);
  }

  public void think(String text) {
    thinking.append(text);
  }

  /** Adds a call with its parsed arguments. */
  public void call(String id, String name, Map<String, Object> arguments) {
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("id", id);
    call.put("type", "function");
    call.put("function", Map.of("name", name, "arguments", arguments));
    calls.add(call);
  }

  /** Returns whether something was said to the user. */
  public boolean hasContent() {
    return !content.isEmpty();
  }

  public Map<String, Object> message() {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("role", "assistant");
    message.put("content", content.toString());
    if (!thinking.isEmpty()) {
      message.put("thinking", thinking.toString());
    }
    if (!calls.isEmpty()) {
      message.put("tool_calls", calls);
    }
    return message;
  }
}

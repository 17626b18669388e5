package org.lfm4j.text;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lfm4j.text.jinja.Template;

/**
 * Puts {@code tool_calls} of earlier turns into their content, for templates that know nothing of
 * them: the calls between their control tokens, as Python literals, before what was said.
 */
final class ToolCallHistory {
  private static final String CALLS =
      """
      {{- "<|tool_call_start|>[" -}}
      {%- for call in calls -%}
        {{- call.function.name + "(" -}}
        {%- for name, value in call.function.arguments.items() -%}
          {{- name + "=" + ([value] | string)[1:-1] -}}
          {{- "" if loop.last else ", " -}}
        {%- endfor -%}
        {{- ")" if loop.last else "), " -}}
      {%- endfor -%}
      {{- "]<|tool_call_end|>" -}}
      """;

  private final Template calls;

  ToolCallHistory(List<String> controlTokens) {
    calls = Template.parse(CALLS, controlTokens);
  }

  Object intoContent(Object messages, LocalDateTime now) {
    List<Object> all = new ArrayList<>();
    for (Object message : (List<?>) messages) {
      boolean called =
          message instanceof Map<?, ?> map
              && map.get("tool_calls") instanceof List<?> list
              && !list.isEmpty();
      all.add(called ? withCalls((Map<?, ?>) message, now) : message);
    }
    return all;
  }

  private Map<Object, Object> withCalls(Map<?, ?> message, LocalDateTime now) {
    Map<Object, Object> changed = new LinkedHashMap<>(message);
    Object said = changed.getOrDefault("content", "");
    String text = calls.render(Map.of("calls", changed.getOrDefault("tool_calls", "")), now);
    changed.put("content", said instanceof List<?> parts ? before(text, parts) : text + text(said));
    return changed;
  }

  private static String text(Object said) {
    return said instanceof String text ? text : "";
  }

  private static List<Object> before(String text, List<?> parts) {
    List<Object> all = new ArrayList<>();
    all.add(Map.of("type", "text", "text", text));
    all.addAll(parts);
    return all;
  }
}

package org.lfm4j.server.generation;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;

/** Further variables of the chat template. */
public final class TemplateArguments {
  private static final Set<String> EFFORTS =
      Set.of("none", "minimal", "low", "medium", "high", "xhigh", "max");

  private TemplateArguments() {}

  /**
   * Reads {@code chat_template_kwargs} and how much the model is to think. As from vLLM, templates
   * get the effort, and no thinking is to be enabled for none of it.
   *
   * @param effortHolder where the effort stands
   * @param effortField what it is called there
   * @throws ApiException naming the field at fault
   */
  public static Map<String, Object> read(Fields body, Fields effortHolder, String effortField) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    body.object("chat_template_kwargs").ifPresent(o -> arguments.putAll(Json.toMap(o.node())));
    Optional<String> effort = effortHolder.string(effortField);
    if (effort.isPresent()) {
      if (!EFFORTS.contains(effort.get())) {
        throw effortHolder.mustBe(
            effortField, "one of none, minimal, low, medium, high, xhigh, max");
      }
      arguments.putIfAbsent("reasoning_effort", effort.get());
      if (effort.get().equals("none")) {
        arguments.putIfAbsent("enable_thinking", false);
      }
    }
    return arguments;
  }
}

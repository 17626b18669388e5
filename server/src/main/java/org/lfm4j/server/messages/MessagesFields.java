package org.lfm4j.server.messages;

import java.util.Map;
import java.util.Set;
import org.lfm4j.server.generation.GenerationFields;
import org.lfm4j.server.http.KnownFields;

/** The fields of a request for a message. */
final class MessagesFields {
  /** Those that make up the prompt. */
  static final KnownFields PROMPT =
      new KnownFields(
          Set.of(
              "model",
              "messages",
              "system",
              "tools",
              "tool_choice",
              "thinking",
              "output_config",
              "chat_template_kwargs"),
          Set.of("cache_control", "speed", "user_profile_id", "workspace_id"),
          Map.of());

  static final KnownFields ALL =
      GenerationFields.EXTENSIONS
          .and(PROMPT)
          .and(
              new KnownFields(
                  Set.of("max_tokens", "stop_sequences", "stream"),
                  Set.of("metadata", "service_tier", "inference_geo"),
                  Map.of(
                      "n", KnownFields.is(1),
                      "container", KnownFields.never(),
                      "mcp_servers", KnownFields.isEmpty())));

  private MessagesFields() {}
}

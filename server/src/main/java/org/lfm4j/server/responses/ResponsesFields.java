package org.lfm4j.server.responses;

import static org.lfm4j.server.http.KnownFields.is;
import static org.lfm4j.server.http.KnownFields.isEmpty;
import static org.lfm4j.server.http.KnownFields.never;

import java.util.Map;
import java.util.Set;
import org.lfm4j.server.generation.GenerationFields;
import org.lfm4j.server.http.KnownFields;

/** The fields of a request for a response. */
final class ResponsesFields {
  static final KnownFields KNOWN =
      GenerationFields.EXTENSIONS.and(
          new KnownFields(
              Set.of(
                  "model",
                  "input",
                  "instructions",
                  "tools",
                  "tool_choice",
                  "parallel_tool_calls",
                  "text",
                  "include",
                  "metadata",
                  "stop",
                  "stream",
                  "stream_options",
                  "max_output_tokens",
                  "top_logprobs",
                  "previous_response_id",
                  "reasoning",
                  "return_tokens_as_token_ids",
                  "chat_template_kwargs"),
              Set.of(
                  "store",
                  "max_tool_calls",
                  "user",
                  "safety_identifier",
                  "prompt_cache_key",
                  "prompt_cache_options",
                  "prompt_cache_retention",
                  "service_tier"),
              Map.ofEntries(
                  Map.entry("n", is(1)),
                  Map.entry("background", is(false)),
                  Map.entry("truncation", is("disabled")),
                  Map.entry("context_management", isEmpty()),
                  Map.entry("background_options", never()),
                  Map.entry("conversation", never()),
                  Map.entry("logprobs", is(false)),
                  Map.entry("max_tokens", never()),
                  Map.entry("max_completion_tokens", never()),
                  Map.entry("messages", never()),
                  Map.entry("moderation", never()),
                  Map.entry("prompt", never()),
                  Map.entry("prompt_logprobs", never()),
                  Map.entry("response_format", never()))));

  private ResponsesFields() {}
}

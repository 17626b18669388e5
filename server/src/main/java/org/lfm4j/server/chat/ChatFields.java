package org.lfm4j.server.chat;

import static org.lfm4j.server.http.KnownFields.is;
import static org.lfm4j.server.http.KnownFields.isEmpty;
import static org.lfm4j.server.http.KnownFields.never;

import java.util.Map;
import java.util.Set;
import org.lfm4j.server.generation.GenerationFields;
import org.lfm4j.server.http.KnownFields;

/** The fields of a chat request. */
final class ChatFields {
  /** What {@code POST /v1/chat/completions} knows. */
  static final KnownFields KNOWN =
      GenerationFields.KNOWN
          .and(ChatPrompts.KNOWN)
          .and(
              KnownFields.reading(
                  "max_completion_tokens",
                  "top_logprobs",
                  "tool_choice",
                  "parallel_tool_calls",
                  "include_reasoning"))
          .and(
              new KnownFields(
                  Set.of(),
                  Set.of(),
                  Map.ofEntries(
                      Map.entry("functions", isEmpty()),
                      Map.entry("modalities", value -> value.toString().equals("[\"text\"]")),
                      Map.entry("audio", never()),
                      Map.entry("function_call", never()),
                      Map.entry("media_io_kwargs", isEmpty()),
                      Map.entry("mm_processor_kwargs", isEmpty()),
                      Map.entry("prediction", never()),
                      Map.entry("return_prompt_text", is(false)),
                      Map.entry("verbosity", never()),
                      Map.entry("web_search_options", never()))));

  private ChatFields() {}
}

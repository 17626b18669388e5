package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.lfm4j.server.generation.AskedGrammar;
import org.lfm4j.server.generation.SamplingFields;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/**
 * The fields of a chat request that are not read: harmless ones, which can't change the answer;
 * unsupported ones, which are refused unless they ask for nothing; and unknown ones.
 */
final class ChatFields {
  private static final Set<String> READ =
      Set.of(
          "model",
          "messages",
          "tools",
          "tool_choice",
          "stream",
          "stream_options",
          "max_completion_tokens",
          "chat_template_kwargs");

  private static final Set<String> HARMLESS =
      Set.of(
          "user",
          "metadata",
          "safety_identifier",
          "prompt_cache_key",
          "service_tier",
          "request_id");

  /** Unsupported fields, and which of their values ask for nothing. */
  private static final Map<String, Predicate<JsonNode>> NEUTRAL =
      Map.ofEntries(
          Map.entry("best_of", is(1)),
          Map.entry("length_penalty", is(1)),
          Map.entry("store", is(false)),
          Map.entry("use_beam_search", is(false)),
          Map.entry("include_stop_str_in_output", is(false)),
          Map.entry("echo", is(false)),
          Map.entry("add_special_tokens", is(false)),
          Map.entry("continue_final_message", is(false)),
          Map.entry("return_token_ids", is(false)),
          Map.entry("return_tokens_as_token_ids", is(false)),
          Map.entry("skip_special_tokens", is(true)),
          Map.entry("spaces_between_special_tokens", is(true)),
          Map.entry("add_generation_prompt", is(true)),
          Map.entry("parallel_tool_calls", is(true)),
          Map.entry("include_reasoning", is(true)),
          Map.entry("documents", ChatFields::isEmpty),
          Map.entry("functions", ChatFields::isEmpty),
          Map.entry("modalities", value -> value.toString().equals("[\"text\"]")),
          Map.entry("audio", ChatFields::never),
          Map.entry("chat_template", ChatFields::never),
          Map.entry("function_call", ChatFields::never),
          Map.entry("logits_processors", ChatFields::never),
          Map.entry("prediction", ChatFields::never),
          Map.entry("reasoning_effort", ChatFields::never),
          Map.entry("thinking_token_budget", ChatFields::never),
          Map.entry("truncate_prompt_tokens", ChatFields::never),
          Map.entry("verbosity", ChatFields::never),
          Map.entry("web_search_options", ChatFields::never));

  private ChatFields() {}

  /** Returns whether a field has a meaning here. */
  private static boolean isRead(String name) {
    return READ.contains(name)
        || SamplingFields.NAMES.contains(name)
        || AskedGrammar.NAMES.contains(name);
  }

  /**
   * Refuses a request whose unsupported fields ask for something: ignoring them would give an
   * answer that the client did not ask for.
   *
   * @throws ApiException naming the field
   */
  static void refuseUnsupported(Fields body) {
    body.node()
        .forEachEntry((name, value) -> {
          Predicate<JsonNode> neutral = NEUTRAL.get(name);
          if (neutral != null && !value.isNull() && !neutral.test(value)) {
            throw ApiException.badRequest(
                name,
                "%s is not supported by this server, got %s: leave it out"
                    .formatted(name, Json.quote(value)));
          }
        });
  }

  /** Returns the names of fields that nobody knows, in the body's order. */
  static List<String> unknown(Fields body) {
    List<String> unknown = new ArrayList<>();
    for (String name : body.node().propertyNames()) {
      if (!isRead(name) && !HARMLESS.contains(name) && !NEUTRAL.containsKey(name)) {
        unknown.add(name);
      }
    }
    return unknown;
  }

  private static Predicate<JsonNode> is(int number) {
    return value -> value.isNumber() && value.doubleValue() == number;
  }

  private static Predicate<JsonNode> is(boolean flag) {
    return value -> value.isBoolean() && value.booleanValue() == flag;
  }

  private static boolean isEmpty(JsonNode value) {
    return value.isContainer() && value.isEmpty();
  }

  private static boolean never(JsonNode value) {
    return false;
  }
}

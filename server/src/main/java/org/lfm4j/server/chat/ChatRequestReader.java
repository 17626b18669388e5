package org.lfm4j.server.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.server.generation.AskedGrammar;
import org.lfm4j.server.generation.BadWords;
import org.lfm4j.server.generation.SamplingFields;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.ChatPrompt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the body of {@code POST /v1/chat/completions}; faults name the field. */
final class ChatRequestReader {
  private static final int MOST_STOPS = 64;
  private static final int LONGEST_STOP = 1024;
  private static final int MOST_SAMPLES = 128;
  private static final int LONGEST_SALT = 1024;

  private final Fields body;
  private final SamplingParams defaults;

  private ChatRequestReader(ObjectNode body, SamplingParams defaults) {
    this.body = new Fields(body, "");
    this.defaults = defaults;
  }

  /**
   * Reads a request.
   *
   * @param defaults what holds where the request says nothing
   * @throws ApiException naming the field at fault
   */
  static ChatRequest read(ObjectNode body, SamplingParams defaults) {
    return new ChatRequestReader(body, defaults).read();
  }

  private ChatRequest read() {
    ChatFields.refuseUnsupported(body);
    boolean stream = body.bool("stream");
    Fields streamOptions =
        body.object("stream_options")
            .orElseGet(() -> new Fields(Json.MAPPER.createObjectNode(), "stream_options."));
    if (!stream && body.has("stream_options")) {
      throw ApiException.badRequest(
          "stream_options", "stream_options can only be given when stream is true");
    }
    if (stream && body.has("prompt_logprobs")) {
      throw ApiException.badRequest(
          "prompt_logprobs", "prompt_logprobs can only be given when stream is false");
    }
    Map<String, Object> arguments =
        body.object("chat_template_kwargs").map(o -> Json.toMap(o.node())).orElse(Map.of());
    return new ChatRequest(
        new ChatPrompt(ChatMessages.read(body), ChatTools.read(body), true, arguments),
        SamplingFields.read(body, defaults),
        maxTokens(),
        stop(),
        Set.copyOf(body.integers("stop_token_ids").orElse(List.of())),
        BadWords.read(body),
        body.bool("ignore_eos"),
        samples(),
        priority(),
        cacheSalt(),
        stream,
        streamOptions.bool("include_usage"),
        streamOptions.bool("continuous_usage_stats"),
        AskedGrammar.read(body),
        ChatFields.unknown(body));
  }

  private OptionalInt maxTokens() {
    String name = body.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
    OptionalLong value = body.integer(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.getAsLong() < 1) {
      throw body.mustBe(name, "at least 1");
    }
    return OptionalInt.of((int) Math.min(value.getAsLong(), Integer.MAX_VALUE));
  }

  private int samples() {
    long samples = body.integer("n").orElse(1);
    if (samples < 1 || samples > MOST_SAMPLES) {
      throw body.mustBe("n", "in [1, %d]".formatted(MOST_SAMPLES));
    }
    return (int) samples;
  }

  private int priority() {
    long priority = body.integer("priority").orElse(0);
    if (priority != (int) priority) {
      throw body.mustBe("priority", "an integer of at most 32 bits");
    }
    return (int) priority;
  }

  private Optional<String> cacheSalt() {
    Optional<String> salt = body.string("cache_salt");
    if (salt.isPresent() && (salt.get().isEmpty() || salt.get().length() > LONGEST_SALT)) {
      throw body.mustBe("cache_salt", "a text of 1 to %d characters".formatted(LONGEST_SALT));
    }
    return salt;
  }

  private List<String> stop() {
    if (!body.has("stop")) {
      return List.of();
    }
    List<JsonNode> nodes = new ArrayList<>();
    if (body.get("stop") instanceof ArrayNode array) {
      array.forEach(nodes::add);
    } else {
      nodes.add(body.get("stop"));
    }
    if (nodes.size() > MOST_STOPS) {
      throw ApiException.badRequest(
          "stop", "stop may hold at most %d texts, got %d".formatted(MOST_STOPS, nodes.size()));
    }
    return nodes.stream().map(this::stopText).toList();
  }

  private String stopText(JsonNode node) {
    if (!node.isString()) {
      throw body.mustBe("stop", "a string or a list of strings");
    }
    String text = node.stringValue();
    if (text.isEmpty() || text.length() > LONGEST_STOP) {
      throw body.mustBe("stop", "texts of 1 to %d characters".formatted(LONGEST_STOP));
    }
    return text;
  }
}

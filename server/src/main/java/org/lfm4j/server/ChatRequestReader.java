package org.lfm4j.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.text.ChatPrompt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the body of {@code POST /v1/chat/completions}; faults name the field. */
final class ChatRequestReader {
  private static final int MOST_STOPS = 64;
  private static final int LONGEST_STOP = 1024;

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
    Map<String, Object> arguments =
        body.object("chat_template_kwargs").map(o -> Json.toMap(o.node())).orElse(Map.of());
    return new ChatRequest(
        new ChatPrompt(ChatMessages.read(body), ChatTools.read(body), true, arguments),
        sampling(),
        maxTokens(),
        stop(),
        stream,
        streamOptions.bool("include_usage"),
        streamOptions.bool("continuous_usage_stats"),
        ChatFields.unknown(body));
  }

  private SamplingParams sampling() {
    try {
      return new SamplingParams(
          body.number("temperature").orElse(defaults.temperature()),
          topK(),
          body.number("top_p").orElse(defaults.topP()),
          body.number("min_p").orElse(defaults.minP()),
          body.number("repetition_penalty").orElse(defaults.repetitionPenalty()),
          body.has("seed") ? body.integer("seed") : defaults.seed());
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw ApiException.badRequest(message.substring(0, message.indexOf(' ')), message);
    }
  }

  private int topK() {
    long k = body.integer("top_k").orElse(defaults.topK());
    if (k < -1) {
      throw body.mustBe("top_k", "at least 1, or 0 or -1 to keep all tokens");
    }
    return Math.clamp(k, 0, Integer.MAX_VALUE);
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

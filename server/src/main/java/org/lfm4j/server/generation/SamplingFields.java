package org.lfm4j.server.generation;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.SamplingParamsBuilder;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** Reads how a request wants its tokens chosen, in vLLM's words. */
public final class SamplingFields {
  /** The fields that say how tokens are chosen. */
  public static final Set<String> NAMES =
      Set.of(
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "repetition_penalty",
          "frequency_penalty",
          "presence_penalty",
          "logit_bias",
          "allowed_token_ids",
          "min_tokens",
          "seed");

  /** Beyond this a bias is cut by the sampler. */
  private static final double MOST_BIAS = 100;

  private final Fields body;
  private final SamplingParams defaults;

  private SamplingFields(Fields body, SamplingParams defaults) {
    this.body = body;
    this.defaults = defaults;
  }

  /**
   * Reads the sampling fields of a request.
   *
   * @param defaults what holds where the request says nothing
   * @throws ApiException naming the field at fault
   */
  static SamplingParamsBuilder read(Fields body, SamplingParams defaults) {
    return new SamplingFields(body, defaults).read();
  }

  private SamplingParamsBuilder read() {
    SamplingParamsBuilder params =
        defaults.toBuilder()
            .temperature(body.number("temperature").orElse(defaults.temperature()))
            .topK(topK())
            .topP(body.number("top_p").orElse(defaults.topP()))
            .minP(body.number("min_p").orElse(defaults.minP()))
            .repetitionPenalty(
                body.number("repetition_penalty").orElse(defaults.repetitionPenalty()))
            .frequencyPenalty(body.number("frequency_penalty").orElse(0))
            .presencePenalty(body.number("presence_penalty").orElse(0))
            .logitBias(logitBias())
            .minTokens(integer("min_tokens", 0));
    body.integer("seed").ifPresent(params::seed);
    body.integers("allowed_token_ids").ifPresent(ids -> params.allowedTokenIds(new HashSet<>(ids)));
    return params;
  }

  /**
   * Checks ranges.
   *
   * @throws ApiException naming the field at fault
   */
  static SamplingParams build(SamplingParamsBuilder params) {
    try {
      return params.build();
    } catch (IllegalArgumentException e) {
      throw fault(e);
    }
  }

  /** Returns what a client is told: the message begins with the parameter, if one is at fault. */
  static ApiException fault(IllegalArgumentException e) {
    String message = String.valueOf(e.getMessage());
    int end = message.indexOf(' ');
    String field = end > 0 ? message.substring(0, end) : "";
    boolean named = NAMES.contains(field) || field.equals("bad_words");
    return ApiException.badRequest(named ? field : "", message);
  }

  private int topK() {
    int k = Math.clamp(body.integer("top_k").orElse(defaults.topK()), -2, Integer.MAX_VALUE);
    if (k < -1) {
      throw body.mustBe("top_k", "at least 1, or 0 or -1 to keep all tokens");
    }
    return k;
  }

  private int integer(String name, int absent) {
    long value = body.integer(name).orElse(absent);
    if (value < -1) {
      throw body.mustBe(name, "at least -1");
    }
    return (int) Math.min(value, Integer.MAX_VALUE);
  }

  private Map<Integer, Float> logitBias() {
    Map<Integer, Float> bias = new HashMap<>();
    body.object("logit_bias")
        .ifPresent(object ->
            object.node().forEachEntry((id, value) -> bias.put(tokenId(id), biasOf(id, value))));
    return bias;
  }

  private int tokenId(String id) {
    try {
      return Integer.parseInt(id);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest(
          "logit_bias", "logit_bias must have token ids as keys, got \"%s\"".formatted(id));
    }
  }

  private static float biasOf(String id, JsonNode value) {
    if (!value.isNumber()) {
      throw ApiException.badRequest(
          "logit_bias", "logit_bias.%s must be a number, got %s".formatted(id, Json.quote(value)));
    }
    // Larger ones have the same effect, and numbers beyond a float's range are JSON too.
    return (float) Math.clamp(value.doubleValue(), -MOST_BIAS, MOST_BIAS);
  }
}

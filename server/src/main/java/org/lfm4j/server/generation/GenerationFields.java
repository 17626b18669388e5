package org.lfm4j.server.generation;

import static org.lfm4j.server.http.KnownFields.is;
import static org.lfm4j.server.http.KnownFields.isEmpty;
import static org.lfm4j.server.http.KnownFields.never;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.SamplingParamsBuilder;
import org.lfm4j.server.generation.GenerationOptions.Streaming;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.KnownFields;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Reads the fields that all generating endpoints have in common, in vLLM's words. */
public final class GenerationFields {
  /** What can be asked beyond OpenAI's and Anthropic's fields, wherever text is generated. */
  public static final KnownFields EXTENSIONS =
      KnownFields.reading(
              "stop_token_ids",
              "include_stop_str_in_output",
              "bad_words",
              "ignore_eos",
              "skip_special_tokens",
              "priority",
              "cache_salt",
              "truncate_prompt_tokens",
              "truncation_side",
              "request_id")
          .and(new KnownFields(SamplingFields.NAMES, Set.of(), Map.of()))
          .and(new KnownFields(AskedGrammar.NAMES, Set.of(), Map.of()));

  /** What OpenAI's older endpoints know whatever they are asked; each adds its own. */
  public static final KnownFields KNOWN =
      EXTENSIONS
          .and(
              KnownFields.reading(
                  "model",
                  "max_tokens",
                  "response_format",
                  "stop",
                  "n",
                  "stream",
                  "stream_options",
                  "return_token_ids",
                  "return_tokens_as_token_ids",
                  "add_special_tokens",
                  "echo",
                  "logprobs",
                  "prompt_logprobs"))
          .and(
              new KnownFields(
                  Set.of(),
                  Set.of(
                      "user",
                      "metadata",
                      "safety_identifier",
                      "prompt_cache_key",
                      "service_tier",
                      "session_id",
                      "spaces_between_special_tokens"),
                  unsupported()));

  private static final int MOST_STOPS = 64;
  private static final int LONGEST_STOP = 1024;
  private static final int MOST_SAMPLES = 128;
  private static final int LONGEST_SALT = 1024;
  private static final int LONGEST_ID = 256;

  private final Fields body;
  private final String stopField;

  private GenerationFields(Fields body, String stopField) {
    this.body = body;
    this.stopField = stopField;
  }

  private static Map<String, Predicate<JsonNode>> unsupported() {
    return Map.ofEntries(
        Map.entry("best_of", is(1)),
        Map.entry("length_penalty", is(1)),
        Map.entry("use_beam_search", is(false)),
        Map.entry("watermarking", is(false)),
        Map.entry("stream_interval", is(1)),
        Map.entry("store", is(false)),
        Map.entry("vllm_xargs", isEmpty()),
        Map.entry("logprob_token_ids", never()),
        Map.entry("logits_processors", isEmpty()),
        Map.entry("repetition_detection", never()),
        Map.entry("kv_transfer_params", never()),
        Map.entry("ec_transfer_params", never()),
        Map.entry("thinking_token_budget", is(-1)));
  }

  /**
   * Reads the options of a request.
   *
   * @param defaults what holds where the request says nothing
   * @param maxTokens most tokens to generate, which endpoints name and bound differently
   * @param logprobs how many alternatives to report with each token of the answer
   * @param promptLogprobs the same for the prompt
   * @throws ApiException naming the field at fault
   */
  public static GenerationOptions read(
      Fields body,
      SamplingParams defaults,
      OptionalInt maxTokens,
      OptionalInt logprobs,
      OptionalInt promptLogprobs) {
    return read(body, defaults, "stop", maxTokens, logprobs, promptLogprobs);
  }

  /**
   * As above, for endpoints that have another word for {@code stop}.
   *
   * @param stopField the field with the texts that end an answer
   */
  public static GenerationOptions read(
      Fields body,
      SamplingParams defaults,
      String stopField,
      OptionalInt maxTokens,
      OptionalInt logprobs,
      OptionalInt promptLogprobs) {
    SamplingParamsBuilder sampling = SamplingFields.read(body, defaults);
    logprobs.ifPresent(sampling::logprobs);
    promptLogprobs.ifPresent(sampling::promptLogprobs);
    return new GenerationFields(body, stopField).read(SamplingFields.build(sampling), maxTokens);
  }

  private GenerationOptions read(SamplingParams sampling, OptionalInt maxTokens) {
    return new GenerationOptions(
        sampling,
        BadWords.read(body),
        maxTokens,
        stop(),
        Set.copyOf(body.integers("stop_token_ids").orElse(List.of())),
        body.bool("include_stop_str_in_output"),
        body.bool("ignore_eos"),
        body.bool("skip_special_tokens", true),
        body.intIn("n", 1, MOST_SAMPLES).orElse(1),
        body.intIn("priority", Integer.MIN_VALUE, Integer.MAX_VALUE).orElse(0),
        text("cache_salt", LONGEST_SALT),
        Truncation.read(body),
        streaming(),
        body.bool("return_token_ids"),
        body.bool("return_tokens_as_token_ids"),
        text("request_id", LONGEST_ID),
        AskedGrammar.read(body));
  }

  /** Reads the most tokens to generate; more than any context holds is as good as the largest. */
  public static OptionalInt maxTokens(Fields body, String name, int least) {
    OptionalLong value = body.integer(name);
    if (value.isEmpty()) {
      return OptionalInt.empty();
    }
    if (value.getAsLong() < least) {
      throw body.mustBe(name, "at least " + least);
    }
    return OptionalInt.of((int) Math.min(value.getAsLong(), Integer.MAX_VALUE));
  }

  /** Reads how many alternatives to report with each token. */
  public static OptionalInt alternatives(Fields body, String name) {
    return body.intIn(
        name,
        SamplingParams.ALL,
        SamplingParams.MAX_LOGPROBS,
        "in [0, %d], or -1 for the whole vocabulary".formatted(SamplingParams.MAX_LOGPROBS));
  }

  private Streaming streaming() {
    boolean stream = body.bool("stream");
    Fields options = body.objectOrEmpty("stream_options");
    if (!stream && body.has("stream_options")) {
      throw ApiException.badRequest(
          "stream_options", "stream_options can only be given when stream is true");
    }
    if (stream && body.has("prompt_logprobs")) {
      throw ApiException.badRequest(
          "prompt_logprobs", "prompt_logprobs can only be given when stream is false");
    }
    return new Streaming(
        stream, options.bool("include_usage"), options.bool("continuous_usage_stats"));
  }

  private Optional<String> text(String name, int longest) {
    Optional<String> text = body.string(name);
    if (text.isPresent() && (text.get().isEmpty() || text.get().length() > longest)) {
      throw body.mustBe(name, "a text of 1 to %d characters".formatted(longest));
    }
    return text;
  }

  private List<String> stop() {
    if (!body.has(stopField)) {
      return List.of();
    }
    List<JsonNode> nodes = new ArrayList<>();
    if (body.get(stopField) instanceof ArrayNode array) {
      array.forEach(nodes::add);
    } else {
      nodes.add(body.get(stopField));
    }
    if (nodes.size() > MOST_STOPS) {
      throw ApiException.badRequest(
          stopField,
          "%s may hold at most %d texts, got %d".formatted(stopField, MOST_STOPS, nodes.size()));
    }
    return nodes.stream().map(this::stopText).toList();
  }

  private String stopText(JsonNode node) {
    if (!node.isString()) {
      throw body.mustBe(stopField, "a string or a list of strings");
    }
    String text = node.stringValue();
    if (text.isEmpty() || text.length() > LONGEST_STOP) {
      throw body.mustBe(stopField, "texts of 1 to %d characters".formatted(LONGEST_STOP));
    }
    return text;
  }
}

package org.lfm4j.server.responses;

import java.time.Instant;
import java.util.List;
import org.lfm4j.FinishReason;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.generation.Usage;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.text.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The object that answers a request, as it is when a stream begins and when all has been said. */
final class ResponseObject {
  private final AnswerHead head;
  private final GenerationOptions options;
  private final Fields body;
  private final Tokenizer tokenizer;

  /** An answer that repeats much of the request's body. */
  ResponseObject(AnswerHead head, GenerationOptions options, Fields body, Tokenizer tokenizer) {
    this.head = head;
    this.options = options;
    this.body = body;
    this.tokenizer = tokenizer;
  }

  /** Returns a response of which nothing has been generated. */
  ObjectNode begun() {
    return with("in_progress", Json.MAPPER.createArrayNode());
  }

  /** Returns a response that has ended, whether the model or a limit ended it. */
  ObjectNode ended(ResponseOutput output, Samples samples) {
    boolean complete = samples.get(0).finishReason() != FinishReason.LENGTH;
    ObjectNode node = with(complete ? "completed" : "incomplete", output.items().all());
    if (complete) {
      node.put("completed_at", Instant.now().getEpochSecond());
    } else {
      node.putObject("incomplete_details").put("reason", "max_output_tokens");
    }
    putUsage(node, Usage.of(samples), output.reasoningTokens(tokenizer));
    return node;
  }

  /** Returns a response that failed on the way. */
  ObjectNode failed(ArrayNode output, ApiException error) {
    ObjectNode node = with("failed", output);
    node.putObject("error").put("code", "server_error").put("message", error.getMessage());
    return node;
  }

  private ObjectNode with(String status, ArrayNode output) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("id", head.id());
    node.put("object", "response");
    node.put("created_at", head.created());
    node.putNull("completed_at");
    node.put("status", status);
    node.putNull("error");
    node.putNull("incomplete_details");
    node.put("model", head.model());
    node.set("output", output);
    node.putNull("previous_response_id");
    node.put("store", false);
    node.put("background", false);
    node.put("truncation", "disabled");
    node.put("service_tier", "default");
    node.set("tools", ResponsesTools.echo(body));
    repeat(node, "tool_choice", Json.MAPPER.stringNode("auto"));
    repeat(node, "parallel_tool_calls", Json.MAPPER.booleanNode(true));
    repeat(node, "metadata", Json.MAPPER.createObjectNode());
    for (String name :
        List.of(
            "instructions",
            "max_output_tokens",
            "max_tool_calls",
            "prompt_cache_key",
            "safety_identifier",
            "user")) {
      repeat(node, name, Json.MAPPER.nullNode());
    }
    putText(node.putObject("text"));
    ObjectNode reasoning = node.putObject("reasoning").putNull("effort").putNull("summary");
    body.object("reasoning").ifPresent(given -> reasoning.setAll(given.node()));
    putSampling(node, options.sampling());
    node.putNull("usage");
    return node;
  }

  private void putText(ObjectNode text) {
    JsonNode format = body.get("text").path("format");
    if (format.isObject()) {
      text.set("format", format);
    } else {
      text.putObject("format").put("type", "text");
    }
  }

  private static void putSampling(ObjectNode node, SamplingParams sampling) {
    node.put("temperature", sampling.temperature());
    node.put("top_p", sampling.topP());
    node.put("presence_penalty", sampling.presencePenalty());
    node.put("frequency_penalty", sampling.frequencyPenalty());
    node.put("top_logprobs", sampling.logprobs().orElse(0));
  }

  private static void putUsage(ObjectNode node, Usage counts, int reasoningTokens) {
    ObjectNode usage = node.putObject("usage");
    usage.put("input_tokens", counts.prompt());
    usage
        .putObject("input_tokens_details")
        .put("cached_tokens", counts.cached())
        .put("cache_write_tokens", 0);
    usage.put("output_tokens", counts.completion());
    usage.putObject("output_tokens_details").put("reasoning_tokens", reasoningTokens);
    usage.put("total_tokens", counts.prompt() + counts.completion());
  }

  private void repeat(ObjectNode node, String name, JsonNode absent) {
    node.set(name, body.has(name) ? body.get(name) : absent);
  }
}

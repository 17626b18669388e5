package org.lfm4j.server.responses;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.server.generation.AnswerReading;
import org.lfm4j.server.generation.AskedGrammar;
import org.lfm4j.server.generation.Conversations;
import org.lfm4j.server.generation.Dialect;
import org.lfm4j.server.generation.GenerationFields;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.GenerationRequests;
import org.lfm4j.server.generation.TemplateArguments;
import org.lfm4j.server.generation.Tools;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.KnownFields;
import org.lfm4j.text.ChatPrompt;
import tools.jackson.databind.JsonNode;

/** {@code POST /v1/responses}, which keeps nothing between requests. */
public final class ResponsesDialect implements Dialect {
  private static final String LOGPROBS = "message.output_text.logprobs";

  /** Reasoning comes as plain text, so a client can send it back without any encryption. */
  private static final Set<String> INCLUDABLE = Set.of(LOGPROBS, "reasoning.encrypted_content");

  @Override
  public String idPrefix() {
    return "resp_";
  }

  @Override
  public KnownFields fields() {
    return ResponsesFields.KNOWN;
  }

  @Override
  public Job read(Fields body, LanguageModel model) {
    refuseWhatNeedsMore(body);
    Tools tools = ResponsesTools.read(body);
    boolean parallel = body.bool("parallel_tool_calls", true);
    ChatPrompt prompt = new ChatPrompt(InputItems.read(body), tools.shown(), true, arguments(body));
    GenerationOptions options =
        tools.apply(options(body, model.generationConfig().sampling()), parallel);
    List<GenerationRequest> requests =
        new GenerationRequests(model, options, "input", "top_logprobs")
            .of(List.of(Conversations.encode(model, prompt, "input")));
    AnswerReading reading = tools.reading(requests.getFirst(), model, true, parallel);
    return new Job(requests, options, new ResponsesFormat(model, options, reading, body));
  }

  private static GenerationOptions options(Fields body, SamplingParams defaults) {
    return GenerationFields.read(
            body,
            defaults,
            GenerationFields.maxTokens(body, "max_output_tokens", 1),
            logprobs(body),
            OptionalInt.empty())
        .withFormat(AskedGrammar.flatFormat(body.objectOrEmpty("text")));
  }

  private static OptionalInt logprobs(Fields body) {
    boolean included = false;
    for (JsonNode value : body.array("include").orElseGet(Json.MAPPER::createArrayNode)) {
      if (!INCLUDABLE.contains(value.asString(""))) {
        throw ApiException.badRequest(
            "include",
            "include may hold %s, got %s"
                .formatted(String.join(" and ", INCLUDABLE.stream().sorted().toList()), value));
      }
      included |= value.stringValue().equals(LOGPROBS);
    }
    OptionalInt top = GenerationFields.alternatives(body, "top_logprobs");
    return included || top.orElse(0) != 0 ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
  }

  private static void refuseWhatNeedsMore(Fields body) {
    if (body.has("previous_response_id")) {
      throw ApiException.badRequest(
          "previous_response_id",
          "previous_response_id can't be used, since this server stores no responses: send the earlier items in input");
    }
    body.object("metadata");
    body.object("text").ifPresent(ResponsesDialect::requireUsualLength);
    body.object("reasoning").ifPresent(ResponsesDialect::requireNoSummary);
  }

  private static void requireUsualLength(Fields text) {
    if (!text.string("verbosity").orElse("medium").equals("medium")) {
      throw text.mustBe("verbosity", "\"medium\" (this model knows no other)");
    }
  }

  private static void requireNoSummary(Fields reasoning) {
    if (!reasoning.string("summary").orElse("auto").equals("auto")) {
      throw reasoning.mustBe("summary", "\"auto\" (reasoning is never summed up here)");
    }
  }

  private static Map<String, Object> arguments(Fields body) {
    return TemplateArguments.read(body, body.objectOrEmpty("reasoning"), "effort");
  }
}

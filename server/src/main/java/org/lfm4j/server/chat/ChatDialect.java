package org.lfm4j.server.chat;

import java.util.List;
import java.util.OptionalInt;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.server.generation.AnswerReading;
import org.lfm4j.server.generation.AskedGrammar;
import org.lfm4j.server.generation.Dialect;
import org.lfm4j.server.generation.GenerationFields;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.GenerationRequests;
import org.lfm4j.server.generation.Tools;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.KnownFields;
import org.lfm4j.text.ChatPrompt;

/**
 * {@code POST /v1/chat/completions}.
 *
 * @param prompts how conversations are read
 */
public record ChatDialect(ChatPrompts prompts) implements Dialect {

  @Override
  public String idPrefix() {
    return "chatcmpl-";
  }

  @Override
  public KnownFields fields() {
    return ChatFields.KNOWN;
  }

  @Override
  public Job read(Fields body, LanguageModel model) {
    Tools tools = ChatTools.read(body);
    boolean parallel = body.bool("parallel_tool_calls", true);
    ChatPrompt prompt = prompts.read(body, tools.shown());
    GenerationOptions options =
        tools.apply(options(body, model.generationConfig().sampling()), parallel);
    List<GenerationRequest> requests =
        new GenerationRequests(model, options, "messages", "top_logprobs")
            .of(List.of(ChatPrompts.encode(model, prompt, body)));
    ChatTurn turn = ChatTurn.of(prompt, body.bool("echo"));
    int[] ids = requests.getFirst().prompt();
    AnswerReading reading =
        tools.reading(requests.getFirst(), model, body.bool("include_reasoning", true), parallel);
    return new Job(
        requests, options, new ChatFormat(model, options, turn, ids, reading, tools.choice()));
  }

  private static GenerationOptions options(Fields body, SamplingParams defaults) {
    String maxTokens = body.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
    return GenerationFields.read(
            body,
            defaults,
            GenerationFields.maxTokens(body, maxTokens, 1),
            logprobs(body),
            GenerationFields.alternatives(body, "prompt_logprobs"))
        .withFormat(AskedGrammar.responseFormat(body));
  }

  private static OptionalInt logprobs(Fields body) {
    OptionalInt top = GenerationFields.alternatives(body, "top_logprobs");
    if (body.bool("logprobs")) {
      return OptionalInt.of(top.orElse(0));
    }
    if (top.orElse(0) != 0) {
      throw ApiException.badRequest(
          "top_logprobs", "top_logprobs can only be given when logprobs is true");
    }
    return OptionalInt.empty();
  }
}

package org.lfm4j.server.completions;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.AskedGrammar;
import org.lfm4j.server.generation.Dialect;
import org.lfm4j.server.generation.GenerationFields;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.GenerationRequests;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.KnownFields;

/** {@code POST /v1/completions}. */
public record CompletionDialect() implements Dialect {
  private static final KnownFields KNOWN =
      GenerationFields.KNOWN
          .and(KnownFields.reading("prompt"))
          .and(
              new KnownFields(
                  Set.of(),
                  Set.of(),
                  Map.of("suffix", KnownFields.never(), "prompt_embeds", KnownFields.never())));

  private static final int DEFAULT_MAX_TOKENS = 16;
  private static final int MOST_ANSWERS = 1024;

  @Override
  public String idPrefix() {
    return "cmpl-";
  }

  @Override
  public KnownFields fields() {
    return KNOWN;
  }

  @Override
  public Job read(Fields body, LanguageModel model) {
    boolean echo = body.bool("echo");
    int maxTokens =
        GenerationFields.maxTokens(body, "max_tokens", echo ? 0 : 1).orElse(DEFAULT_MAX_TOKENS);
    OptionalInt logprobs = GenerationFields.alternatives(body, "logprobs");
    OptionalInt promptLogprobs = GenerationFields.alternatives(body, "prompt_logprobs");
    // The engine gives at least one token; where only the prompt is wanted it is not shown.
    GenerationOptions options =
        GenerationFields.read(
                body,
                model.generationConfig().sampling(),
                OptionalInt.of(Math.max(1, maxTokens)),
                logprobs,
                promptLogprobs.isEmpty() && echo ? logprobs : promptLogprobs)
            .withFormat(AskedGrammar.responseFormat(body));
    List<Prompt> prompts = PromptField.read(body, model);
    requireFew(prompts.size() * options.samples());
    List<GenerationRequest> requests =
        new GenerationRequests(model, options, "prompt", "logprobs")
            .of(prompts.stream().map(Prompt::ids).toList());
    List<Prompt> used = new ArrayList<>(prompts.size());
    for (int i = 0; i < prompts.size(); i++) {
      used.add(prompts.get(i).cutTo(requests.get(i).prompt(), model.tokenizer()));
    }
    CompletionFormat format =
        new CompletionFormat(
            model, options, used, echo, echo && maxTokens == 0, promptLogprobs.isPresent());
    return new Job(requests, options, format);
  }

  private static void requireFew(int answers) {
    if (answers > MOST_ANSWERS) {
      throw ApiException.badRequest(
          "prompt",
          "prompts times n must be at most %d, got %d: send several requests"
              .formatted(MOST_ANSWERS, answers));
    }
  }
}

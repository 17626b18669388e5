package org.lfm4j.server.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.server.http.ApiException;

/** Turns encoded prompts and a client's options into work for the model. */
public final class GenerationRequests {
  private static final int MOST_ALTERNATIVES = 1 << 18;

  private final LanguageModel model;
  private final GenerationOptions options;
  private final String promptField;
  private final String logprobsField;

  /**
   * Requests of one client.
   *
   * @param promptField the field to blame for a prompt that doesn't fit
   * @param logprobsField the field to blame for too many log-probabilities
   */
  public GenerationRequests(
      LanguageModel model, GenerationOptions options, String promptField, String logprobsField) {
    this.model = model;
    this.options = options;
    this.promptField = promptField;
    this.logprobsField = logprobsField;
  }

  /**
   * Returns one request for each prompt.
   *
   * @throws ApiException if one of them can't be done
   */
  public List<GenerationRequest> of(List<int[]> prompts) {
    requirePriorities();
    SamplingParams sampling = sampling();
    List<GenerationRequest> requests = new ArrayList<>(prompts.size());
    for (int[] prompt : prompts) {
      requests.add(request(prompt, sampling));
    }
    requireFewWholeDistributions(requests);
    return requests;
  }

  private void requirePriorities() {
    if (options.priority() != 0 && !model.priorities()) {
      throw ApiException.badRequest(
          "priority",
          "priority must be 0 on this server, got %d: start it with --scheduling-policy priority"
              .formatted(options.priority()));
    }
  }

  private SamplingParams sampling() {
    if (options.badWords().isEmpty()) {
      return options.sampling();
    }
    return options.sampling().toBuilder()
        .badWords(BadWords.ids(options.badWords(), model.tokenizer()))
        .build();
  }

  private GenerationRequest request(int[] whole, SamplingParams sampling) {
    int limit = model.maxModelLength();
    int wanted = Math.min(limit - 1, options.maxTokens().orElse(1));
    int[] prompt = options.truncation().apply(whole, limit - wanted);
    if (prompt.length == 0) {
      throw ApiException.badRequest(
          promptField, promptField + " must hold at least one token, got none");
    }
    if (prompt.length >= limit) {
      throw ApiException.badRequest(
          promptField,
          ("This model's maximum context length is %d tokens, but the prompt has %d tokens."
                  + " Shorten it so that at least one token of answer fits.")
              .formatted(limit, prompt.length));
    }
    return new GenerationRequest(
        prompt,
        sampling,
        maxTokens(limit - prompt.length),
        options.stop(),
        options.skipSpecialTokens(),
        options.ignoreEos(),
        options.priority(),
        options.cacheSalt(),
        Optional.empty(),
        options.stopTokenIds(),
        options.includeStop(),
        options.grammar().map(AskedGrammar::spec));
  }

  private int maxTokens(int room) {
    int maxTokens = Math.min(room, options.maxTokens().orElse(room));
    if (options.sampling().minTokens() > maxTokens) {
      throw ApiException.badRequest(
          "min_tokens",
          "min_tokens must be at most max_tokens, %d, got %d"
              .formatted(maxTokens, options.sampling().minTokens()));
    }
    return maxTokens;
  }

  /** A vocabulary for every token is soon more than any memory holds. */
  private void requireFewWholeDistributions(List<GenerationRequest> requests) {
    boolean ofOutput = isAll(options.sampling().logprobs());
    boolean ofPrompt = isAll(options.sampling().promptLogprobs());
    if (!ofOutput && !ofPrompt) {
      return;
    }
    int vocabSize = model.config().vocabSize();
    long tokens = 0;
    for (GenerationRequest request : requests) {
      tokens += ofOutput ? (long) options.samples() * request.maxTokens() : 0;
      tokens += ofPrompt ? request.prompt().length : 0;
    }
    if (tokens * vocabSize > MOST_ALTERNATIVES) {
      String field = ofOutput ? logprobsField : "prompt_logprobs";
      throw ApiException.badRequest(
          field,
          "%s -1 is possible for up to %d tokens of this vocabulary of %d, but the request is for %d: ask for at most 20 alternatives or for fewer tokens"
              .formatted(field, MOST_ALTERNATIVES / vocabSize, vocabSize, tokens));
    }
  }

  private static boolean isAll(OptionalInt logprobs) {
    return logprobs.isPresent() && logprobs.getAsInt() == SamplingParams.ALL;
  }
}

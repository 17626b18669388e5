package org.lfm4j;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lfm4j.engine.TokenStream;
import org.lfm4j.engine.TokenTimes;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.text.StopStrings;
import org.lfm4j.text.StreamDecoder;

/** A generation whose tokens become text on the caller's thread. */
final class TextGeneration implements Generation {
  private final TokenStream tokens;
  private final StreamDecoder decoder;
  private final StopStrings stops;
  private final GenerationRequest request;
  private final Set<Integer> modelStopIds;
  private final int maxTokens;
  private int lastToken = TokenStream.END;
  private int completionTokens;
  private @Nullable FinishReason finishReason;

  /**
   * Reads a stream.
   *
   * @param modelStopIds the model's own ends, none if the request ignores them
   * @param maxTokens what the request's limit came down to
   */
  TextGeneration(
      TokenStream tokens,
      StreamDecoder decoder,
      GenerationRequest request,
      Set<Integer> modelStopIds,
      int maxTokens) {
    this.tokens = tokens;
    this.decoder = decoder;
    this.stops = new StopStrings(request.stop(), request.includeStop());
    this.request = request;
    this.modelStopIds = modelStopIds;
    this.maxTokens = maxTokens;
  }

  @Override
  public Optional<String> next() throws InterruptedException {
    while (finishReason == null) {
      String text = advance();
      if (!text.isEmpty()) {
        return Optional.of(text);
      }
    }
    return Optional.empty();
  }

  private String advance() throws InterruptedException {
    int token = tokens.next();
    if (token == TokenStream.END) {
      finishReason = reasonAtEnd();
      String rest = stops.push(decoder.finish()) + stops.finish();
      if (stops.matched().isPresent()) {
        finishReason = FinishReason.STOP;
      }
      return rest;
    }
    lastToken = token;
    completionTokens++;
    if (ends(token) && !request.includeStop()) {
      return "";
    }
    String text = stops.push(decoder.push(token));
    if (stops.matched().isPresent()) {
      tokens.cancel();
      finishReason = FinishReason.STOP;
    }
    return text;
  }

  private FinishReason reasonAtEnd() {
    if (ends(lastToken)) {
      return FinishReason.STOP;
    }
    return completionTokens == maxTokens ? FinishReason.LENGTH : FinishReason.ABORT;
  }

  private boolean ends(int token) {
    return modelStopIds.contains(token) || request.stopTokenIds().contains(token);
  }

  @Override
  public FinishReason finishReason() {
    if (finishReason == null) {
      throw new IllegalStateException(
          "the generation has not ended: call next() until it is empty");
    }
    return finishReason;
  }

  @Override
  public Optional<String> stopString() {
    return stops.matched();
  }

  @Override
  public OptionalInt stopTokenId() {
    boolean asked = request.stopTokenIds().contains(lastToken) && !modelStopIds.contains(lastToken);
    return asked ? OptionalInt.of(lastToken) : OptionalInt.empty();
  }

  @Override
  public int[] tokens() {
    return tokens.taken();
  }

  @Override
  public int promptTokens() {
    return request.prompt().length;
  }

  @Override
  public int completionTokens() {
    return completionTokens;
  }

  @Override
  public int cachedTokens() {
    return tokens.reusedTokens();
  }

  @Override
  public TokenTimes times() {
    return tokens.times();
  }

  @Override
  public List<TokenLogprobs> logprobs() {
    return tokens.logprobs();
  }

  @Override
  public List<TokenLogprobs> promptLogprobs() {
    return tokens.promptLogprobs();
  }

  @Override
  public void close() {
    tokens.cancel();
  }
}

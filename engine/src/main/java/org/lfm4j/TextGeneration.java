package org.lfm4j;

import java.util.List;
import java.util.Optional;
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
  private final Set<Integer> stopIds;
  private final int promptTokens;
  private final int maxTokens;
  private int lastToken = TokenStream.END;
  private int completionTokens;
  private @Nullable FinishReason finishReason;

  TextGeneration(
      TokenStream tokens,
      StreamDecoder decoder,
      StopStrings stops,
      Set<Integer> stopIds,
      int promptTokens,
      int maxTokens) {
    this.tokens = tokens;
    this.decoder = decoder;
    this.stops = stops;
    this.stopIds = stopIds;
    this.promptTokens = promptTokens;
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
    if (stopIds.contains(token)) {
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
    if (stopIds.contains(lastToken)) {
      return FinishReason.STOP;
    }
    return completionTokens == maxTokens ? FinishReason.LENGTH : FinishReason.ABORT;
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
  public int promptTokens() {
    return promptTokens;
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

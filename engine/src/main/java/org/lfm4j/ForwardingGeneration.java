package org.lfm4j;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfm4j.engine.TokenTimes;
import org.lfm4j.sampling.TokenLogprobs;

/** A generation that says what another says. Subclasses change what they must. */
public abstract class ForwardingGeneration implements Generation {
  private final Generation generation;

  protected ForwardingGeneration(Generation generation) {
    this.generation = generation;
  }

  @Override
  public Optional<String> next() throws InterruptedException {
    return generation.next();
  }

  @Override
  public FinishReason finishReason() {
    return generation.finishReason();
  }

  @Override
  public Optional<String> stopString() {
    return generation.stopString();
  }

  @Override
  public OptionalInt stopTokenId() {
    return generation.stopTokenId();
  }

  @Override
  public int[] tokens() {
    return generation.tokens();
  }

  @Override
  public int promptTokens() {
    return generation.promptTokens();
  }

  @Override
  public int completionTokens() {
    return generation.completionTokens();
  }

  @Override
  public int cachedTokens() {
    return generation.cachedTokens();
  }

  @Override
  public TokenTimes times() {
    return generation.times();
  }

  @Override
  public List<TokenLogprobs> logprobs() {
    return generation.logprobs();
  }

  @Override
  public List<TokenLogprobs> promptLogprobs() {
    return generation.promptLogprobs();
  }

  @Override
  public void close() {
    generation.close();
  }
}

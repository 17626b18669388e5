package org.lfm4j;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfm4j.engine.TokenTimes;
import org.lfm4j.sampling.TokenLogprobs;

/** An answer in a chat, which remembers what it has given out. */
final class ChatGeneration implements Generation {
  private final String question;
  private final Generation generation;
  private final StringBuilder answer = new StringBuilder();
  private boolean failed;

  ChatGeneration(String question, Generation generation) {
    this.question = question;
    this.generation = generation;
  }

  /** Returns question and answer; nothing if there is no answer. */
  List<ChatMessage> turns() {
    return failed || answer.isEmpty()
        ? List.of()
        : List.of(ChatMessage.user(question), ChatMessage.assistant(answer.toString()));
  }

  @Override
  public Optional<String> next() throws InterruptedException {
    try {
      Optional<String> piece = generation.next();
      piece.ifPresent(answer::append);
      return piece;
    } catch (RuntimeException e) {
      failed = true;
      throw e;
    }
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

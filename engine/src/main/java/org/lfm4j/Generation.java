package org.lfm4j;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.lfm4j.engine.TokenTimes;
import org.lfm4j.sampling.TokenLogprobs;

/**
 * The text of one request as it is generated. Used by one caller thread; {@link #close} may come
 * from any thread. A thread that is interrupted while it waits leaves with an {@link
 * InterruptedException}; the generation itself goes on until it is closed, so open it in a
 * try-with-resources statement.
 */
public interface Generation extends AutoCloseable {

  /**
   * Waits for more text.
   *
   * @return the next piece, never empty text; or nothing once the generation has ended
   * @throws InterruptedException if the waiting thread is interrupted
   * @throws org.lfm4j.engine.EngineException if the arithmetic of this request failed
   * @throws org.lfm4j.engine.DeadlineException if its timeout passed
   */
  Optional<String> next() throws InterruptedException;

  /**
   * Gives each further piece of text to a consumer as it comes, until the generation has ended.
   *
   * @throws InterruptedException if the waiting thread is interrupted
   * @throws org.lfm4j.engine.EngineException if the arithmetic of this request failed
   */
  default void forEach(Consumer<String> consumer) throws InterruptedException {
    for (Optional<String> piece = next(); piece.isPresent(); piece = next()) {
      consumer.accept(piece.get());
    }
  }

  /**
   * Waits for the end and returns all text that {@link #next} has not returned yet.
   *
   * @throws InterruptedException if the waiting thread is interrupted
   * @throws org.lfm4j.engine.EngineException if the arithmetic of this request failed
   */
  default String text() throws InterruptedException {
    StringBuilder text = new StringBuilder();
    forEach(text::append);
    return text.toString();
  }

  /** Returns why the generation ended; only after {@link #next} returned nothing. */
  FinishReason finishReason();

  /** Returns the stop string that ended the generation, if one did. */
  Optional<String> stopString();

  /** Returns which of the request's own stop ids ended the generation, if one did. */
  OptionalInt stopTokenId();

  /** Returns the number of prompt tokens. */
  int promptTokens();

  /** Returns the number of tokens generated so far, the end-of-turn token included. */
  int completionTokens();

  /** Returns the ids of the tokens generated so far, as many as {@link #completionTokens} says. */
  int[] tokens();

  /** Returns how many prompt tokens came from the prefix cache; known once text has come. */
  int cachedTokens();

  /**
   * Returns when the tokens were generated, which is before they are read; to be asked about the
   * first {@link #completionTokens()} of them.
   */
  TokenTimes times();

  /** Returns log-probabilities of the tokens so far, where the request asked for them. */
  List<TokenLogprobs> logprobs();

  /**
   * Returns log-probabilities of the prompt's tokens from the second on, where the request asked
   * for them; complete once text has come.
   */
  List<TokenLogprobs> promptLogprobs();

  /** Stops the generation if it still runs. */
  @Override
  void close();
}

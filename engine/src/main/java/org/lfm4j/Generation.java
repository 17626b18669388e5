package org.lfm4j;

import java.util.Optional;

/**
 * The text of one request as it is generated. Used by one caller thread; {@link #close} may come
 * from any thread.
 */
public interface Generation extends AutoCloseable {

  /**
   * Waits for more text.
   *
   * @return the next piece, never empty text; or nothing once the generation has ended
   * @throws InterruptedException if the waiting thread is interrupted
   * @throws org.lfm4j.engine.EngineException if the arithmetic of this request failed
   */
  Optional<String> next() throws InterruptedException;

  /** Returns why the generation ended; only after {@link #next} returned nothing. */
  FinishReason finishReason();

  /** Returns the stop string that ended the generation, if one did. */
  Optional<String> stopString();

  /** Returns the number of prompt tokens. */
  int promptTokens();

  /** Returns the number of tokens generated so far, the end-of-turn token included. */
  int completionTokens();

  /** Stops the generation if it still runs. */
  @Override
  void close();
}

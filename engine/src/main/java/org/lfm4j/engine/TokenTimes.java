package org.lfm4j.engine;

import java.util.Arrays;
import java.util.OptionalLong;

/**
 * When the tokens of one sequence were generated, on the clock of {@link System#nanoTime}. Whoever
 * generates writes; whoever takes the tokens reads, and only what it has taken.
 */
public final class TokenTimes {
  private final long submitted = System.nanoTime();
  private long started;
  private volatile boolean hasStarted;
  private volatile long[] tokens = new long[64];
  private int count;

  /** Times of a sequence that is submitted now. */
  public TokenTimes() {}

  /** The sequence ran for the first time; called once. */
  public void start(long nanos) {
    started = nanos;
    hasStarted = true;
  }

  /** A token was generated. */
  public void token(long nanos) {
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * count);
    }
    tokens[count++] = nanos;
  }

  /** Returns when the request was submitted. */
  public long submittedNanos() {
    return submitted;
  }

  /** Returns when the sequence left the queue for the first time; nothing if it still waits. */
  public OptionalLong startedNanos() {
    return hasStarted ? OptionalLong.of(started) : OptionalLong.empty();
  }

  /** Returns when token {@code index} was generated; only for tokens that were taken. */
  public long tokenNanos(int index) {
    return tokens[index];
  }
}

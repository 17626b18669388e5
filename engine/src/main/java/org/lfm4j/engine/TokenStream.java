package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.lfm4j.sampling.TokenLogprobs;

/**
 * The tokens of one request on their way from the engine thread, which appends, to one caller's
 * thread, which takes. Either may be ahead; the engine never waits.
 */
public final class TokenStream {
  /** What {@link #next} returns when the sequence has ended. */
  public static final int END = -1;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Runnable onCancel;
  private int[] tokens = new int[64];
  private final List<TokenLogprobs> logprobs = new ArrayList<>();
  private final List<TokenLogprobs> promptLogprobs = new ArrayList<>();
  private int appended;
  private int taken;
  private boolean ended;
  private @Nullable Throwable failure;
  private volatile boolean cancelled;
  private volatile int reusedTokens;
  private final TokenTimes times = new TokenTimes();

  /** Makes an empty stream whose cancellation wakes the engine. */
  TokenStream(Runnable onCancel) {
    this.onCancel = onCancel;
  }

  /**
   * Waits for the next token.
   *
   * @return its id, or {@link #END}
   * @throws InterruptedException if the caller is interrupted
   * @throws EngineException if the arithmetic of this request failed
   * @throws DeadlineException if the request's deadline passed
   */
  public int next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (taken == appended && !ended) {
        changed.await();
      }
      if (taken < appended) {
        return tokens[taken++];
      }
      if (failure instanceof DeadlineException) {
        throw new DeadlineException();
      }
      if (failure != null) {
        throw new EngineException("the engine failed on this request: " + failure, failure);
      }
      return END;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the tokens that {@link #next} has returned so far. */
  public int[] taken() {
    lock.lock();
    try {
      return Arrays.copyOf(tokens, taken);
    } finally {
      lock.unlock();
    }
  }

  /** Asks the engine to stop; it does so before its next step. */
  public void cancel() {
    cancelled = true;
    onCancel.run();
  }

  /** Returns how many prompt tokens came from the prefix cache; known once a token has come. */
  public int reusedTokens() {
    return reusedTokens;
  }

  /** The sequence runs for the first time, with so many tokens from the prefix cache. */
  void started(int reused, long nanos) {
    reusedTokens = reused;
    times.start(nanos);
  }

  /** Returns when the tokens came. */
  public TokenTimes times() {
    return times;
  }

  boolean cancelled() {
    return cancelled;
  }

  void append(int token, TokenLogprobs logprobs) {
    lock.lock();
    try {
      this.logprobs.add(logprobs);
      append(token);
    } finally {
      lock.unlock();
    }
  }

  void appendPrompt(TokenLogprobs logprobs) {
    lock.lock();
    try {
      promptLogprobs.add(logprobs);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the log-probabilities of the tokens so far, where the request asked for them. */
  public List<TokenLogprobs> logprobs() {
    return copy(logprobs);
  }

  /** Returns those of the prompt's tokens from the second on; complete once a token has come. */
  public List<TokenLogprobs> promptLogprobs() {
    return copy(promptLogprobs);
  }

  private List<TokenLogprobs> copy(List<TokenLogprobs> list) {
    lock.lock();
    try {
      return List.copyOf(list);
    } finally {
      lock.unlock();
    }
  }

  /** Adds a token, which {@link #announce} tells a reader that waits. */
  void append(int token) {
    lock.lock();
    try {
      if (appended == tokens.length) {
        tokens = Arrays.copyOf(tokens, 2 * appended);
      }
      tokens[appended++] = token;
      times.token(System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the reader, if it waits for what was appended. */
  void announce() {
    lock.lock();
    try {
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether a reader waits that has not been woken; for tests. */
  boolean readerWaits() {
    lock.lock();
    try {
      return lock.hasWaiters(changed);
    } finally {
      lock.unlock();
    }
  }

  void end() {
    finish(null);
  }

  void fail(Throwable cause) {
    finish(cause);
  }

  private void finish(@Nullable Throwable cause) {
    lock.lock();
    try {
      ended = true;
      failure = cause;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }
}

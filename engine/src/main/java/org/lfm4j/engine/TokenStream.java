package org.lfm4j.engine;

import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of one request on their way from the engine thread, which appends, to one caller's
 * thread, which takes. Either may be ahead; the engine never waits.
 */
public final class TokenStream {
  /** What {@link #next} returns when the sequence has ended. */
  public static final int END = -1;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int[] tokens = new int[64];
  private int appended;
  private int taken;
  private boolean ended;
  private @Nullable Throwable failure;
  private volatile boolean cancelled;

  TokenStream() {}

  /**
   * Waits for the next token.
   *
   * @return its id, or {@link #END}
   * @throws InterruptedException if the caller is interrupted
   * @throws EngineException if the arithmetic of this request failed
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
      if (failure != null) {
        throw new EngineException("the engine failed on this request: " + failure, failure);
      }
      return END;
    } finally {
      lock.unlock();
    }
  }

  /** Asks the engine to stop; it does so before its next step. */
  public void cancel() {
    cancelled = true;
  }

  boolean cancelled() {
    return cancelled;
  }

  void append(int token) {
    lock.lock();
    try {
      if (appended == tokens.length) {
        tokens = Arrays.copyOf(tokens, 2 * appended);
      }
      tokens[appended++] = token;
      changed.signal();
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

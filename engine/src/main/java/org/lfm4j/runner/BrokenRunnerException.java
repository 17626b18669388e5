package org.lfm4j.runner;

/**
 * A runner can't compute any more, whatever it is asked to: its device has failed. Only closing it
 * is left.
 */
public final class BrokenRunnerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what has failed and what to do. */
  public BrokenRunnerException(String message, Throwable cause) {
    super(message, cause);
  }
}

package org.lfm4j.engine;

/** A request that took longer than its deadline allows. */
public final class DeadlineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DeadlineException() {
    super("the request's deadline passed before it was finished");
  }
}

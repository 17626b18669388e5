package org.lfm4j.engine;

/** A request that failed inside the engine; others are not affected. */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what failed. */
  public EngineException(String message, Throwable cause) {
    super(message, cause);
  }
}

package org.lfm4j;

/** A generation that failed inside the engine. */
public final class GenerationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what failed. */
  public GenerationException(String message, Throwable cause) {
    super(message, cause);
  }
}

package org.lfm4j.text;

/** A tokenizer file, template or conversation that can't be used; the message says why. */
public final class TextException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong. */
  public TextException(String message) {
    super(message);
  }

  /** Says what is wrong, and what caused it. */
  public TextException(String message, Throwable cause) {
    super(message, cause);
  }
}

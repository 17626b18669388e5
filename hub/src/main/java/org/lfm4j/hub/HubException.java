package org.lfm4j.hub;

/** A model that can't be had; the message says why and what to do. It never holds a token. */
public final class HubException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong. */
  public HubException(String message) {
    super(message);
  }

  /** Says what is wrong, and what caused it. */
  public HubException(String message, Throwable cause) {
    super(message, cause);
  }
}

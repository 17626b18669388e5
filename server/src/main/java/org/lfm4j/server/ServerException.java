package org.lfm4j.server;

/** A server that can't start; the message says why and what to do. */
public final class ServerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what went wrong. */
  public ServerException(String message, Throwable cause) {
    super(message, cause);
  }
}

package org.lfm4j.server.auth;

/** Keys that can't be used as they were given. */
public final class AuthException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AuthException(String message) {
    super(message);
  }

  AuthException(String message, Throwable cause) {
    super(message, cause);
  }
}

package org.lfm4j.server.tls;

/** Certificates or keys that can't be used. */
public final class TlsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TlsException(String message, Throwable cause) {
    super(message, cause);
  }
}

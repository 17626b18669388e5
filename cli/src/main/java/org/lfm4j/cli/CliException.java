package org.lfm4j.cli;

/** A command that can't be carried out; the message says why and what to do. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong. */
  CliException(String message) {
    super(message);
  }
}

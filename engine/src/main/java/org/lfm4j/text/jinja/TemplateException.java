package org.lfm4j.text.jinja;

import org.jspecify.annotations.Nullable;

/** A template that can't be parsed, refuses its input or fails; the message names the line. */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong. */
  public TemplateException(String message) {
    super(message);
  }

  TemplateException(int line, @Nullable String message) {
    super("line " + line + ": " + message);
  }
}

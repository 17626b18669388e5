package org.lfm4j.sampling.grammar;

/** A grammar that can't be compiled or followed: wrong, unsupported or beyond a limit. */
public final class GrammarException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** Says what is wrong, where, and what to do about it. */
  public GrammarException(String message) {
    super(message);
  }
}

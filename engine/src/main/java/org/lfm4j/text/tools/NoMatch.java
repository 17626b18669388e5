package org.lfm4j.text.tools;

/** Leaves a parser that can't go on; never leaves this package. */
final class NoMatch extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NoMatch() {
    super("the text doesn't match the grammar", null, false, false);
  }
}

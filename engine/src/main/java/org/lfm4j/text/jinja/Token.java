package org.lfm4j.text.jinja;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text its characters; a string literal's are unescaped
 * @param line where it starts
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    TEXT,
    BLOCK_BEGIN,
    BLOCK_END,
    PRINT_BEGIN,
    PRINT_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean is(Kind wanted, String wantedText) {
    return kind == wanted && text.equals(wantedText);
  }

  @Override
  public String toString() {
    return switch (kind) {
      case END -> "the end of the template";
      case BLOCK_END -> "'%}'";
      case PRINT_END -> "'}}'";
      default -> "'" + text + "'";
    };
  }
}

package org.lfm4j.text.tools;

/** A place in a text that moves forward. */
final class Cursor {
  /** What {@link #peek} returns at the end: no text of a model has this noncharacter in it. */
  static final char END = '\uFFFF';

  private final String text;
  private int position;

  Cursor(String text, int position) {
    this.text = text;
    this.position = position;
  }

  String text() {
    return text;
  }

  int position() {
    return position;
  }

  void moveTo(int to) {
    position = to;
  }

  String since(int start) {
    return text.substring(start, position);
  }

  boolean atEnd() {
    return position >= text.length();
  }

  /** Returns the next character, or {@link #END}. */
  char peek() {
    return peek(0);
  }

  char peek(int ahead) {
    return position + ahead < text.length() ? text.charAt(position + ahead) : END;
  }

  /** Returns the next character and goes on. */
  char next() {
    if (atEnd()) {
      throw new NoMatch();
    }
    return text.charAt(position++);
  }

  void skipBlanks() {
    while (!atEnd() && Character.isWhitespace(text.charAt(position))) {
      position++;
    }
  }

  /** Skips blanks, and then a character if it is this one. */
  boolean accept(char c) {
    skipBlanks();
    boolean here = !atEnd() && text.charAt(position) == c;
    position += here ? 1 : 0;
    return here;
  }

  void expect(char c) {
    if (!accept(c)) {
      throw new NoMatch();
    }
  }

  /** Skips a comma, or stays before what closes the list. */
  void separatorOr(char close) {
    if (!accept(',') && peek() != close) {
      throw new NoMatch();
    }
  }

  /** Reads a name. */
  String word() {
    skipBlanks();
    int start = position;
    while (!atEnd() && isWordPart(text.charAt(position))) {
      position++;
    }
    if (position == start) {
      throw new NoMatch();
    }
    return since(start);
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.';
  }
}

package org.lfm4j.text.tools;

import org.lfm4j.text.tools.Quotes.Place;

/**
 * Reads one string with Python's escapes. New lines may stand in it as they are, and escapes that
 * Python doesn't know stay as they are.
 */
final class StringLiteral {
  private static final String ESCAPED = "\\'\"abfnrtv";
  private static final String ESCAPES = "\\'\"\u0007\b\f\n\r\t\u000b";

  private final Cursor in;
  private final Quotes quotes;
  private final boolean raw;
  private final StringBuilder value = new StringBuilder();

  /** Reads from the opening quote on; a raw string has no escapes. */
  StringLiteral(Cursor in, Quotes quotes, boolean raw) {
    this.in = in;
    this.quotes = quotes;
    this.raw = raw;
  }

  String read(Place place) {
    char quote = in.next();
    if (quotes == Quotes.FIRST && in.peek() == quote && in.peek(1) == quote) {
      in.moveTo(in.position() + 2);
      readTriple(quote);
    } else {
      readSingle(quote, place);
    }
    return value.toString();
  }

  private void readTriple(char quote) {
    String end = String.valueOf(quote).repeat(3);
    while (!in.text().startsWith(end, in.position())) {
      character(in.next());
    }
    in.moveTo(in.position() + end.length());
  }

  private void readSingle(char quote, Place place) {
    int inner = 0;
    while (true) {
      int at = in.position();
      char c = in.next();
      if (c != quote) {
        character(c);
      } else if (quotes.ends(in.text(), at, place, inner)) {
        return;
      } else {
        inner += quotes.counts(in.text(), at) ? 1 : 0;
        value.append(c);
      }
    }
  }

  private void character(char c) {
    if (c != '\\') {
      value.append(c);
    } else if (raw) {
      value.append(c).append(in.next());
    } else {
      escape(in.next());
    }
  }

  private void escape(char c) {
    int known = ESCAPED.indexOf(c);
    if (known >= 0) {
      value.append(ESCAPES.charAt(known));
    } else if (c >= '0' && c <= '7') {
      octal(c);
    } else if (c != 'x' && c != 'u' && c != 'U') {
      value.append(c == '\n' ? "" : "\\" + c);
    } else if (!hexadecimal(c == 'x' ? 2 : c == 'u' ? 4 : 8)) {
      value.append('\\').append(c);
    }
  }

  private void octal(char first) {
    int code = first - '0';
    for (int i = 0; i < 2 && in.peek() >= '0' && in.peek() <= '7'; i++) {
      code = code * 8 + in.next() - '0';
    }
    value.append((char) code);
  }

  private boolean hexadecimal(int digits) {
    int code = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(in.peek(i), 16);
      code = code << 4 | digit;
      if (digit < 0 || code < 0) {
        return false;
      }
    }
    if (!Character.isValidCodePoint(code)) {
      return false;
    }
    in.moveTo(in.position() + digits);
    value.appendCodePoint(code);
    return true;
  }
}

package org.lfm4j.sampling.grammar;

import java.util.function.IntPredicate;

/** Reads a text code point by code point, and says where something is wrong. */
final class Scanner {
  static final int END = -1;

  private final String what;
  private final int[] text;
  private int at;
  private int depth;

  /**
   * Starts at the beginning.
   *
   * @param what what errors call the text
   */
  Scanner(String what, String text) {
    Limits.text(what, text);
    this.what = what;
    this.text = text.codePoints().toArray();
  }

  int peek() {
    return peek(0);
  }

  int peek(int ahead) {
    return at + ahead < text.length ? text[at + ahead] : END;
  }

  int next() {
    if (at == text.length) {
      throw error("ends too early");
    }
    return text[at++];
  }

  boolean take(int expected) {
    if (peek() != expected) {
      return false;
    }
    at++;
    return true;
  }

  boolean take(String expected) {
    int[] codePoints = expected.codePoints().toArray();
    for (int i = 0; i < codePoints.length; i++) {
      if (peek(i) != codePoints[i]) {
        return false;
      }
    }
    at += codePoints.length;
    return true;
  }

  void expect(int expected) {
    if (!take(expected)) {
      throw error("needs %s".formatted(Character.toString(expected)));
    }
  }

  String takeWhile(IntPredicate condition) {
    int from = at;
    while (at < text.length && condition.test(text[at])) {
      at++;
    }
    return new String(text, from, at - from);
  }

  int position() {
    return at;
  }

  void reset(int position) {
    at = position;
  }

  /** Reads exactly so many hexadecimal digits. */
  int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(peek(), 16);
      if (digit < 0) {
        throw error("needs %d hexadecimal digits".formatted(digits));
      }
      value = (value << 4) | digit;
      at++;
    }
    if (value < 0 || value > CharSet.MAX) {
      throw error("has a character beyond U+10FFFF");
    }
    return value;
  }

  /** Reads a number, of repetitions for instance. */
  int number(String name) {
    String digits = takeWhile(c -> c >= '0' && c <= '9');
    if (digits.isEmpty()) {
      throw error("needs a number");
    }
    long number = digits.length() > 9 ? Integer.MAX_VALUE : Long.parseLong(digits);
    Limits.repetitions("a repetition count of " + name, number);
    return (int) number;
  }

  /** Reads what stands between braces: n, n with a comma, or n and m. */
  Expression repeat(Expression body) {
    int min = peek() == ',' ? 0 : number(what);
    int max = min;
    if (take(',')) {
      max = peek() == '}' ? Expression.UNBOUNDED : number(what);
    }
    expect('}');
    if (max != Expression.UNBOUNDED && max < min) {
      throw error("repeats at least %d and at most %d times".formatted(min, max));
    }
    return new Expression.Repeat(body, min, max);
  }

  void enter() {
    if (++depth > Limits.DEPTH) {
      throw error("is nested deeper than %d levels".formatted(Limits.DEPTH));
    }
  }

  void leave() {
    depth--;
  }

  GrammarException error(String problem) {
    String rest = new String(text, at, Math.min(20, text.length - at));
    String where = rest.isEmpty() ? "at its end" : "before \"%s\"".formatted(rest);
    return new GrammarException("%s %s, %s (character %d)".formatted(what, problem, where, at));
  }
}

package org.lfm4j.text.jinja;

import java.util.List;

/**
 * The sign that a control token was written by the template itself: a noncharacter before it. It
 * enters with the template's literals only, travels with them through every operation, and is
 * invisible to comparisons, lengths and searches. What comes from outside never contains it.
 */
public final class Marks {
  /** The sign. */
  public static final char MARK = '\uFDD0';

  private Marks() {}

  /** Puts the sign before each control token in a text of the template, longest token first. */
  public static String sign(String text, List<String> controlTokens) {
    StringBuilder signed = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      String longest = "";
      for (String token : controlTokens) {
        if (token.length() > longest.length() && text.startsWith(token, i)) {
          longest = token;
        }
      }
      if (longest.isEmpty()) {
        signed.append(text.charAt(i++));
      } else {
        signed.append(MARK).append(longest);
        i += longest.length();
      }
    }
    return signed.toString();
  }

  /** Returns a text without signs. */
  static String plain(String text) {
    return text.indexOf(MARK) < 0 ? text : text.replace(String.valueOf(MARK), "");
  }

  /** Returns the part {@code [from, to)} in positions of the plain text, with its signs. */
  static String cut(String text, int from, int to) {
    if (text.indexOf(MARK) < 0) {
      return text.substring(from, to);
    }
    return from >= to ? "" : text.substring(position(text, from), position(text, to));
  }

  /** Returns where the sign or character at a position of the plain text is. */
  private static int position(String text, int plainPosition) {
    int plain = 0;
    int i = 0;
    while (plain < plainPosition) {
      if (text.charAt(i++) != MARK) {
        plain++;
      }
    }
    return i;
  }
}

package org.lfm4j.text.jinja;

import java.util.List;

/**
 * The sign that a control token was written by the template itself: a noncharacter before each of
 * its characters, so that no part of it can be completed by what comes from outside. Signs enter
 * with the template's literals only, travel with their characters through every operation, and are
 * invisible to comparisons, lengths and searches.
 */
public final class Marks {
  /** The sign. */
  public static final char MARK = '\uFDD0';

  private Marks() {}

  /** Puts signs into the control tokens in a text of the template, longest token first. */
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
        longest.codePoints().forEach(c -> signed.append(MARK).appendCodePoint(c));
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

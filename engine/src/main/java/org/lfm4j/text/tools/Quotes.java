package org.lfm4j.text.tools;

import java.util.regex.Pattern;

/** Which quote ends a string. */
enum Quotes {
  /** The first one that isn't escaped, as in Python. */
  FIRST,
  /** One after which the call goes on, if the quotes inside the string come in pairs. */
  PAIRED,
  /** One after which the call goes on. */
  ANY;

  /** What stands around a string, and so what may follow it. */
  enum Place {
    /** The value of an argument: another argument follows, or the end of the call. */
    ARGUMENT("\\s*+(?:,\\s*+(?:[\\p{L}\\p{N}_.-]++\\s*+=(?!=)|\\))|\\)\\s*+(?:[,\\[\\]]|\\z))"),
    /** An item of a list, a tuple or a set. */
    ITEM("\\s*+[,\\])}]"),
    /** A key of an object, or an item of a set. */
    KEY("\\s*+[:,}]"),
    /** A value of an object: another key follows, or the end of the object. */
    ENTRY("\\s*+(?:}|,\\s*+['\"}])");

    private final Pattern next;

    Place(String next) {
      this.next = Pattern.compile(next);
    }

    private boolean endsAt(String text, int at) {
      return next.matcher(text).region(at, text.length()).lookingAt();
    }
  }

  /**
   * Returns whether a quote ends its string.
   *
   * @param at the quote's place
   * @param inner how many quotes of its kind the string has so far
   */
  boolean ends(String text, int at, Place place, int inner) {
    return switch (this) {
      case FIRST -> true;
      case PAIRED -> inner % 2 == 0 && place.endsAt(text, at + 1);
      case ANY -> place.endsAt(text, at + 1);
    };
  }

  /** Returns whether a quote inside a string counts: between letters it is an apostrophe. */
  boolean counts(String text, int at) {
    return !(at > 0
        && at + 1 < text.length()
        && Character.isLetterOrDigit(text.charAt(at - 1))
        && Character.isLetterOrDigit(text.charAt(at + 1)));
  }
}

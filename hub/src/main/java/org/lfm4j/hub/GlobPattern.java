package org.lfm4j.hub;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Shell patterns as Python's {@code fnmatchcase} reads them, since the Hub's users know those:
 * {@code *} also crosses slashes, and a folder with a slash at its end means all that is in it.
 */
final class GlobPattern {
  private GlobPattern() {}

  static Predicate<String> of(String pattern) {
    String text = pattern.endsWith("/") ? pattern + "*" : pattern;
    StringBuilder regex = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i++);
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        case '[' -> {
          int end = endOfSet(text, i);
          if (end < 0) {
            regex.append("\\[");
          } else {
            regex.append(set(text.substring(i, end)));
            i = end + 1;
          }
        }
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL).asMatchPredicate();
  }

  /** A ']' right after '[' or '[!' is a member. */
  private static int endOfSet(String text, int start) {
    int first = text.startsWith("!", start) ? start + 1 : start;
    return text.indexOf(']', first + 1);
  }

  private static String set(String members) {
    boolean negated = members.startsWith("!");
    String chars = negated ? members.substring(1) : members;
    StringBuilder regex = new StringBuilder(negated ? "[^" : "[");
    for (int i = 0; i < chars.length(); i++) {
      if (i + 2 < chars.length() && chars.charAt(i + 1) == '-') {
        if (chars.charAt(i) <= chars.charAt(i + 2)) {
          regex.append(escaped(chars.charAt(i))).append('-').append(escaped(chars.charAt(i + 2)));
        }
        i += 2;
      } else {
        regex.append(escaped(chars.charAt(i)));
      }
    }
    // Only an empty range was given: it matches nothing, or anything if negated.
    if (regex.length() == (negated ? 2 : 1)) {
      return negated ? "." : "(?!)";
    }
    return regex.append(']').toString();
  }

  private static String escaped(char c) {
    return Character.isLetterOrDigit(c) ? String.valueOf(c) : "\\" + c;
  }

  /** Returns whether a text is a plain name, without any wildcard. */
  static boolean isLiteral(String pattern) {
    return pattern.chars().noneMatch(c -> c == '*' || c == '?' || c == '[')
        && !pattern.endsWith("/");
  }
}

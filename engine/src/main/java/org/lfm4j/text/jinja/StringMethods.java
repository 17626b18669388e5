package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;

/** Methods of Python's str. Searches ignore marks; parts of a text keep theirs. */
final class StringMethods {
  static final Set<String> NAMES =
      Set.of(
          "strip",
          "lstrip",
          "rstrip",
          "split",
          "rsplit",
          "splitlines",
          "partition",
          "rpartition",
          "startswith",
          "endswith",
          "find",
          "rfind",
          "index",
          "count",
          "replace",
          "join",
          "upper",
          "lower",
          "title",
          "capitalize",
          "removeprefix",
          "removesuffix",
          "zfill",
          "isdigit",
          "isalpha",
          "isalnum",
          "isspace",
          "isupper",
          "islower");

  private StringMethods() {}

  static Object call(String text, String name, Arguments arguments) {
    Object result = apply(text, name, arguments);
    arguments.end();
    return result;
  }

  private static Object apply(String text, String name, Arguments arguments) {
    String plain = Marks.plain(text);
    return switch (name) {
      case "strip" -> strip(text, arguments.take("chars", None.NONE), true, true);
      case "lstrip" -> strip(text, arguments.take("chars", None.NONE), true, false);
      case "rstrip" -> strip(text, arguments.take("chars", None.NONE), false, true);
      case "split", "rsplit" -> split(text, name.equals("rsplit"), arguments);
      case "splitlines" -> lines(text);
      case "partition", "rpartition" -> partition(text, name.equals("partition"), arguments);
      case "startswith" -> affix(plain, arguments, true);
      case "endswith" -> affix(plain, arguments, false);
      case "find" -> position(plain, plain.indexOf(needle(arguments)));
      case "rfind" -> position(plain, plain.lastIndexOf(needle(arguments)));
      case "index" -> {
        int at = plain.indexOf(needle(arguments));
        if (at < 0) {
          throw new TemplateException("index: the text is not in the str");
        }
        yield position(plain, at);
      }
      case "count" -> (long) occurrences(plain, needle(arguments)).size();
      case "replace" -> {
        String old = arguments.text("old", "");
        String replacement = arguments.text("new", "");
        yield replace(text, old, replacement, arguments.integer("count", -1));
      }
      case "join" -> join(text, Values.iterate(arguments.require("iterable")));
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "capitalize" -> capitalize(text);
      case "removeprefix" -> {
        String prefix = needle(arguments);
        int from = plain.startsWith(prefix) ? prefix.length() : 0;
        yield Marks.cut(text, from, plain.length());
      }
      case "removesuffix" -> {
        String suffix = needle(arguments);
        int end = plain.length() - (plain.endsWith(suffix) ? suffix.length() : 0);
        yield Marks.cut(text, 0, end);
      }
      case "zfill" -> zfill(text, plain, arguments.integer("width", 0));
      case "isdigit" -> all(plain, StringMethods::isDigit);
      case "isalpha" -> all(plain, Character::isLetter);
      case "isalnum" -> all(plain, c -> Character.isLetter(c) || isNumeric(c));
      case "isspace" -> all(plain, c -> c < 0x10000 && PythonText.isSpace((char) c));
      case "isupper" -> isCase(plain, plain.toUpperCase(Locale.ROOT));
      default -> isCase(plain, plain.toLowerCase(Locale.ROOT));
    };
  }

  private static String needle(Arguments arguments) {
    Object needle = arguments.require("sub");
    return Marks.plain(Values.requireText(needle, "a str method"));
  }

  /** Removes characters at the ends: blanks, or those given. */
  static String strip(String text, Object characters, boolean start, boolean end) {
    String plain = Marks.plain(text);
    String given =
        characters == None.NONE ? "" : Marks.plain(Values.requireText(characters, "strip"));
    IntPredicate goes =
        characters == None.NONE
            ? c -> c < 0x10000 && PythonText.isSpace((char) c)
            : c -> given.indexOf(c) >= 0;
    int from = 0;
    int to = plain.length();
    while (start && from < to && goes.test(plain.codePointAt(from))) {
      from += Character.charCount(plain.codePointAt(from));
    }
    while (end && to > from && goes.test(plain.codePointBefore(to))) {
      to -= Character.charCount(plain.codePointBefore(to));
    }
    return Marks.cut(text, from, to);
  }

  private static List<Object> split(String text, boolean fromRight, Arguments arguments) {
    Object separator = arguments.take("sep", None.NONE);
    int limit = arguments.integer("maxsplit", -1);
    String plain = Marks.plain(text);
    if (separator == None.NONE) {
      return splitAtBlanks(text, plain, fromRight, limit);
    }
    String needle = Marks.plain(Values.requireText(separator, "split"));
    if (needle.isEmpty()) {
      throw new TemplateException("split: the separator is empty");
    }
    List<int[]> gaps = fromRight ? occurrencesFromRight(plain, needle) : occurrences(plain, needle);
    if (limit >= 0 && gaps.size() > limit) {
      gaps = fromRight ? gaps.subList(gaps.size() - limit, gaps.size()) : gaps.subList(0, limit);
    }
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int[] gap : gaps) {
      parts.add(Marks.cut(text, from, gap[0]));
      from = gap[1];
    }
    parts.add(Marks.cut(text, from, plain.length()));
    return parts;
  }

  private static List<Object> splitAtBlanks(
      String text, String plain, boolean fromRight, int limit) {
    List<int[]> words = new ArrayList<>();
    int from = 0;
    while (from < plain.length()) {
      int to = from;
      while (to < plain.length() && !PythonText.isSpace(plain.charAt(to))) {
        to++;
      }
      if (to > from) {
        words.add(new int[] {from, to});
      }
      from = to + 1;
    }
    int size = words.size();
    List<Object> parts = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int[] word = words.get(i);
      boolean lastOfLeft = limit >= 0 && !fromRight && i == limit;
      boolean firstOfRight = limit >= 0 && fromRight && i == 0 && size > limit + 1;
      if (lastOfLeft) {
        parts.add(Marks.cut(text, word[0], plain.length()));
        break;
      }
      if (firstOfRight) {
        i = size - limit - 1;
        parts.add(Marks.cut(text, 0, words.get(i)[1]));
      } else {
        parts.add(Marks.cut(text, word[0], word[1]));
      }
    }
    return parts;
  }

  /** Returns starts and ends of a needle, each after the one before. */
  private static List<int[]> occurrences(String plain, String needle) {
    List<int[]> found = new ArrayList<>();
    int step = Math.max(1, needle.length());
    for (int at = plain.indexOf(needle);
        at >= 0 && at + needle.length() <= plain.length();
        at = at + step > plain.length() ? -1 : plain.indexOf(needle, at + step)) {
      found.add(new int[] {at, at + needle.length()});
      Budget.requireItems(found.size());
    }
    return found;
  }

  private static List<int[]> occurrencesFromRight(String plain, String needle) {
    List<int[]> found = new ArrayList<>();
    for (int at = plain.lastIndexOf(needle);
        at >= 0;
        at = at < needle.length() ? -1 : plain.lastIndexOf(needle, at - needle.length())) {
      found.add(new int[] {at, at + needle.length()});
      Budget.requireItems(found.size());
    }
    return found.reversed();
  }

  /** Returns the lines of a text, cut where Python's {@code str.splitlines} does. */
  static List<Object> lines(String text) {
    String plain = Marks.plain(text);
    List<Object> lines = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < plain.length(); i++) {
      if ("\n\r\u000B\f\u001C\u001D\u001E\u0085\u2028\u2029".indexOf(plain.charAt(i)) >= 0) {
        lines.add(Marks.cut(text, from, i));
        if (plain.startsWith("\r\n", i)) {
          i++;
        }
        from = i + 1;
      }
    }
    if (from < plain.length()) {
      lines.add(Marks.cut(text, from, plain.length()));
    }
    return lines;
  }

  private static Tuple partition(String text, boolean first, Arguments arguments) {
    String plain = Marks.plain(text);
    String separator = needle(arguments);
    if (separator.isEmpty()) {
      throw new TemplateException("partition: the separator is empty");
    }
    int at = first ? plain.indexOf(separator) : plain.lastIndexOf(separator);
    if (at < 0) {
      return new Tuple(first ? List.of(text, "", "") : List.of("", "", text));
    }
    int after = at + separator.length();
    return new Tuple(
        List.of(
            Marks.cut(text, 0, at),
            Marks.cut(text, at, after),
            Marks.cut(text, after, plain.length())));
  }

  private static boolean affix(String plain, Arguments arguments, boolean start) {
    Object given = arguments.require("affix");
    List<Object> all = given instanceof Tuple tuple ? tuple.items() : List.of(given);
    return all.stream()
        .map(one -> Marks.plain(Values.requireText(one, start ? "startswith" : "endswith")))
        .anyMatch(one -> start ? plain.startsWith(one) : plain.endsWith(one));
  }

  private static long position(String plain, int at) {
    return at < 0 ? -1 : plain.codePointCount(0, at);
  }

  /** Replaces occurrences, all of them if {@code limit} is negative. */
  static String replace(String text, String old, String replacement, int limit) {
    String plain = Marks.plain(text);
    String needle = Marks.plain(old);
    List<int[]> found = needle.isEmpty() ? betweenCharacters(plain) : occurrences(plain, needle);
    if (limit >= 0 && limit < found.size()) {
      found = found.subList(0, limit);
    }
    Budget.requireSize(text.length() + (long) found.size() * replacement.length());
    if (found.isEmpty()) {
      return text;
    }
    StringBuilder result = new StringBuilder();
    int from = 0;
    for (int[] one : found) {
      result.append(Marks.cut(text, from, one[0])).append(replacement);
      from = one[1];
    }
    return result.append(Marks.cut(text, from, plain.length())).toString();
  }

  private static List<int[]> betweenCharacters(String plain) {
    List<int[]> found = new ArrayList<>();
    for (int i = 0; i <= plain.length(); i++) {
      boolean inside = i > 0 && i < plain.length() && Character.isLowSurrogate(plain.charAt(i));
      if (!inside) {
        found.add(new int[] {i, i});
      }
    }
    return found;
  }

  private static String join(String separator, List<Object> items) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      all.append(i > 0 ? separator : "").append(Values.requireText(items.get(i), "join"));
      Budget.requireSize(all.length());
    }
    return all.toString();
  }

  private static String title(String text) {
    StringBuilder titled = new StringBuilder();
    boolean inWord = false;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      boolean cased =
          Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
      String one = Character.toString(c);
      if (c == Marks.MARK) {
        titled.append(Marks.MARK);
        continue;
      }
      if (!cased) {
        titled.append(one);
      } else if (inWord) {
        titled.append(one.toLowerCase(Locale.ROOT));
      } else {
        titled.appendCodePoint(Character.toTitleCase(c));
      }
      inWord = cased;
    }
    return titled.toString();
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    String rest = text.substring(Character.charCount(first)).toLowerCase(Locale.ROOT);
    return Character.toString(Character.toTitleCase(first)) + rest;
  }

  private static String zfill(String text, String plain, int width) {
    Budget.requireSize(width);
    int missing = width - plain.codePointCount(0, plain.length());
    if (missing <= 0) {
      return text;
    }
    boolean signed = plain.startsWith("-") || plain.startsWith("+");
    String zeros = "0".repeat(missing);
    return signed ? text.charAt(0) + zeros + text.substring(1) : zeros + text;
  }

  private static boolean all(String plain, IntPredicate property) {
    return !plain.isEmpty() && plain.codePoints().allMatch(property);
  }

  private static boolean isDigit(int c) {
    return Character.isDigit(c) || "²³¹".indexOf(c) >= 0;
  }

  private static boolean isNumeric(int c) {
    int type = Character.getType(c);
    return isDigit(c) || type == Character.LETTER_NUMBER || type == Character.OTHER_NUMBER;
  }

  private static boolean isCase(String plain, String inThatCase) {
    boolean cased =
        plain.codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
    return cased && plain.equals(inThatCase);
  }
}

package org.lfm4j.sampling.grammar;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The character classes of ECMA-262, and Unicode's general categories. */
final class RegexClasses {
  static final CharSet DIGIT = CharSet.range('0', '9');
  static final CharSet WORD =
      DIGIT.or(CharSet.range('a', 'z')).or(CharSet.range('A', 'Z')).or(CharSet.of('_'));
  static final CharSet SPACE =
      CharSet.anyOf("\t\n\u000b\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
          .or(CharSet.range(0x2000, 0x200a));
  static final CharSet DOT = CharSet.anyOf("\n\r\u2028\u2029").not();

  private static final Map<String, Integer> TYPES =
      Map.ofEntries(
          Map.entry("Lu", (int) Character.UPPERCASE_LETTER),
          Map.entry("Ll", (int) Character.LOWERCASE_LETTER),
          Map.entry("Lt", (int) Character.TITLECASE_LETTER),
          Map.entry("Lm", (int) Character.MODIFIER_LETTER),
          Map.entry("Lo", (int) Character.OTHER_LETTER),
          Map.entry("Mn", (int) Character.NON_SPACING_MARK),
          Map.entry("Me", (int) Character.ENCLOSING_MARK),
          Map.entry("Mc", (int) Character.COMBINING_SPACING_MARK),
          Map.entry("Nd", (int) Character.DECIMAL_DIGIT_NUMBER),
          Map.entry("Nl", (int) Character.LETTER_NUMBER),
          Map.entry("No", (int) Character.OTHER_NUMBER),
          Map.entry("Zs", (int) Character.SPACE_SEPARATOR),
          Map.entry("Zl", (int) Character.LINE_SEPARATOR),
          Map.entry("Zp", (int) Character.PARAGRAPH_SEPARATOR),
          Map.entry("Cc", (int) Character.CONTROL),
          Map.entry("Cf", (int) Character.FORMAT),
          Map.entry("Pd", (int) Character.DASH_PUNCTUATION),
          Map.entry("Ps", (int) Character.START_PUNCTUATION),
          Map.entry("Pe", (int) Character.END_PUNCTUATION),
          Map.entry("Pc", (int) Character.CONNECTOR_PUNCTUATION),
          Map.entry("Po", (int) Character.OTHER_PUNCTUATION),
          Map.entry("Pi", (int) Character.INITIAL_QUOTE_PUNCTUATION),
          Map.entry("Pf", (int) Character.FINAL_QUOTE_PUNCTUATION),
          Map.entry("Sm", (int) Character.MATH_SYMBOL),
          Map.entry("Sc", (int) Character.CURRENCY_SYMBOL),
          Map.entry("Sk", (int) Character.MODIFIER_SYMBOL),
          Map.entry("So", (int) Character.OTHER_SYMBOL));

  private static final Map<String, String> LONG_NAMES =
      Map.of(
          "Letter",
          "L",
          "Uppercase_Letter",
          "Lu",
          "Lowercase_Letter",
          "Ll",
          "Number",
          "N",
          "Decimal_Number",
          "Nd",
          "digit",
          "Nd",
          "Punctuation",
          "P",
          "Symbol",
          "S",
          "Mark",
          "M");

  private RegexClasses() {}

  /** The characters of each general category; one pass over Unicode, when first needed. */
  private static final class ByType {
    static final CharSet[] SETS = sets();

    private static CharSet[] sets() {
      int[][] bounds = new int[Character.FINAL_QUOTE_PUNCTUATION + 1][64];
      int[] counts = new int[bounds.length];
      int first = 0;
      for (int c = 1; c <= CharSet.MAX + 1; c++) {
        int type = Character.getType(first);
        if (c > CharSet.MAX || Character.getType(c) != type) {
          if (counts[type] == bounds[type].length) {
            bounds[type] = Arrays.copyOf(bounds[type], 2 * counts[type]);
          }
          bounds[type][counts[type]++] = first;
          bounds[type][counts[type]++] = c - 1;
          first = c;
        }
      }
      CharSet[] sets = new CharSet[bounds.length];
      Arrays.setAll(sets, i -> CharSet.ofRanges(Arrays.copyOf(bounds[i], counts[i])));
      return sets;
    }
  }

  /** Returns the characters of a general category, by its short name or a usual long one. */
  static Optional<CharSet> category(String name) {
    String wanted = LONG_NAMES.getOrDefault(name, name);
    if (wanted.isEmpty() || wanted.length() > 2) {
      return Optional.empty();
    }
    List<CharSet> sets =
        TYPES.entrySet().stream()
            .filter(type -> type.getKey().startsWith(wanted))
            .map(type -> ByType.SETS[type.getValue()])
            .toList();
    return sets.isEmpty() ? Optional.empty() : Optional.of(CharSet.union(sets));
  }
}

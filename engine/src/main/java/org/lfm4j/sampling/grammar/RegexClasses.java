package org.lfm4j.sampling.grammar;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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

  /** Returns the characters of a general category, by its short name or a usual long one. */
  static Optional<CharSet> category(String name) {
    String wanted = LONG_NAMES.getOrDefault(name, name);
    Set<Integer> types =
        wanted.isEmpty() || wanted.length() > 2
            ? Set.of()
            : TYPES.entrySet().stream()
                .filter(type -> type.getKey().startsWith(wanted))
                .map(Map.Entry::getValue)
                .collect(Collectors.toSet());
    return types.isEmpty()
        ? Optional.empty()
        : Optional.of(CharSet.where(c -> types.contains(Character.getType(c))));
  }
}

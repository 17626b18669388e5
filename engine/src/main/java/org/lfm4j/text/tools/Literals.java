package org.lfm4j.text.tools;

import java.math.BigInteger;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfm4j.text.JsonNull;
import org.lfm4j.text.tools.Quotes.Place;

/** Reads Python's and JSON's values that hold no others. */
final class Literals {
  private static final Pattern NUMBER =
      Pattern.compile(
          "([+-]?)\\s*+(?:0([xXoObB])([0-9a-fA-F_]++)"
              + "|([0-9][0-9_]*+)?+(\\.[0-9_]*+)?+([eE][+-]?[0-9]++)?+)(?![\\p{L}\\p{N}_])");
  private static final int MOST_DIGITS = 1000;
  private static final Map<String, Object> CONSTANTS =
      Map.of(
          "True", true,
          "true", true,
          "False", false,
          "false", false,
          "None", JsonNull.NULL,
          "null", JsonNull.NULL);

  private final Cursor in;
  private final Quotes quotes;

  /** A number as JSON writes it, digit for digit as the model did. */
  record Numeral(String text) {}

  Literals(Cursor in, Quotes quotes) {
    this.in = in;
    this.quotes = quotes;
  }

  /** Returns a {@code String}, {@code Boolean}, {@link Numeral} or {@link JsonNull}. */
  Object read(Place place) {
    if (stringFollows()) {
      return strings(place);
    }
    if (Character.isLetter(in.peek())) {
      Object constant = CONSTANTS.get(in.word());
      if (constant == null) {
        throw new NoMatch();
      }
      return constant;
    }
    return number();
  }

  private boolean stringFollows() {
    return isQuote(in.peek()) || ("rRuU".indexOf(in.peek()) >= 0 && isQuote(in.peek(1)));
  }

  private static boolean isQuote(char c) {
    return c == '"' || c == '\'';
  }

  /** Strings that follow each other are one. */
  private String strings(Place place) {
    StringBuilder all = new StringBuilder();
    do {
      char prefix = isQuote(in.peek()) ? ' ' : in.next();
      all.append(new StringLiteral(in, quotes, prefix == 'r' || prefix == 'R').read(place));
      in.skipBlanks();
    } while (quotes == Quotes.FIRST && stringFollows());
    return all.toString();
  }

  private Numeral number() {
    Matcher number = NUMBER.matcher(in.text()).region(in.position(), in.text().length());
    if (!number.lookingAt()) {
      throw new NoMatch();
    }
    in.moveTo(number.end());
    String sign = "-".equals(number.group(1)) ? "-" : "";
    if (number.group(2) != null) {
      return new Numeral(sign + integer(number.group(2), number.group(3).replace("_", "")));
    }
    return new Numeral(sign + decimal(group(number, 4), group(number, 5), group(number, 6)));
  }

  private static String group(Matcher matcher, int group) {
    String text = matcher.group(group);
    return text == null ? "" : text.replace("_", "");
  }

  private static String integer(String radix, String digits) {
    int base = radix.equalsIgnoreCase("x") ? 16 : radix.equalsIgnoreCase("o") ? 8 : 2;
    try {
      if (digits.length() <= MOST_DIGITS) {
        return new BigInteger(digits, base).toString();
      }
    } catch (NumberFormatException e) {
      // Such as 0b12.
    }
    throw new NoMatch();
  }

  /** JSON wants a digit on both sides of the point, and no zeros in front. */
  private static String decimal(String whole, String fraction, String exponent) {
    if (whole.isEmpty() && fraction.length() < 2) {
      throw new NoMatch();
    }
    String digits = whole.replaceFirst("^0+(?=[0-9])", "");
    return (digits.isEmpty() ? "0" : digits) + (fraction.equals(".") ? ".0" : fraction) + exponent;
  }
}

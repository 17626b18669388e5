package org.lfm4j.sampling.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * How numbers are written: decimals without superfluous zeros in front, their digits bounded so
 * that no model counts for ever. An exponent is allowed only where there are no bounds.
 */
final class NumberLanguage {
  private static final int INTEGER_DIGITS = 19;
  private static final int FRACTION_DIGITS = 20;

  private NumberLanguage() {}

  static Expression expression(Numeric numeric) {
    if (numeric.equals(Numeric.ANY)) {
      String any =
          "(?:0|-?[1-9]\\d{0,%d})(?:\\.\\d{1,%d})?(?:[eE][+-]?\\d{1,2})?|-0\\.\\d{1,%d}(?:[eE][+-]?\\d{1,2})?"
              .formatted(INTEGER_DIGITS - 1, FRACTION_DIGITS, FRACTION_DIGITS);
      return RegexParser.parse("a number", any);
    }
    return new Expression.Language(dfa(numeric), CharEncoding.RAW);
  }

  static boolean isEmpty(Numeric numeric) {
    return !numeric.equals(Numeric.ANY) && dfa(numeric).isEmpty();
  }

  private static CharDfa dfa(Numeric numeric) {
    int digits = INTEGER_DIGITS;
    for (Numeric.Bound bound : bounds(numeric)) {
      digits = Math.max(digits, bound.value().precision() - bound.value().scale() + 1);
    }
    String form =
        numeric.integer()
            ? "0|-?[1-9]\\d{0,%d}".formatted(digits - 1)
            : "(?:0|-?[1-9]\\d{0,%d})(?:\\.\\d{1,%d})?|-0\\.\\d{0,%d}[1-9]"
                .formatted(digits - 1, FRACTION_DIGITS, FRACTION_DIGITS - 1);
    CharDfa dfa = CharNfa.determinize(RegexParser.parse("a number", form));
    if (numeric.lower().isPresent()) {
      Numeric.Bound lower = numeric.lower().get();
      dfa = dfa.and(compared(lower.value(), sign -> sign >= (lower.exclusive() ? 1 : 0)));
    }
    if (numeric.upper().isPresent()) {
      Numeric.Bound upper = numeric.upper().get();
      dfa = dfa.and(compared(upper.value(), sign -> sign <= (upper.exclusive() ? -1 : 0)));
    }
    for (BigDecimal multiple : numeric.multiples()) {
      dfa = dfa.and(multiples(multiple));
    }
    for (BigDecimal multiple : numeric.nonMultiples()) {
      dfa = dfa.and(multiples(multiple).not());
    }
    return dfa;
  }

  private static List<Numeric.Bound> bounds(Numeric numeric) {
    List<Numeric.Bound> bounds = new ArrayList<>();
    numeric.lower().ifPresent(bounds::add);
    numeric.upper().ifPresent(bounds::add);
    return bounds;
  }

  /**
   * Where a number stands relative to the digits of a bound, signs aside.
   *
   * @param negative whether it began with a minus
   * @param whole digits before the point so far, at most one more than the bound has
   * @param fraction digits after the point that were compared, -1 before the point
   * @param order of the digits so far: that of the first one that differs
   */
  private record Compared(boolean negative, int whole, int fraction, int order) {}

  /** Accepts numbers whose order relative to a bound (-1, 0 or 1) is as wanted. */
  private static CharDfa compared(BigDecimal bound, IntPredicate wanted) {
    BigDecimal magnitude = bound.abs();
    String whole = magnitude.toBigInteger().toString();
    String plain = magnitude.signum() == 0 ? "0" : magnitude.stripTrailingZeros().toPlainString();
    String fraction = plain.contains(".") ? plain.substring(plain.indexOf('.') + 1) : "";
    return CharDfa.explore(
        new Compared(false, 0, -1, 0),
        state -> {
          List<CharDfa.Move<Compared>> moves = new ArrayList<>();
          if (state.whole() == 0 && !state.negative()) {
            moves.add(new CharDfa.Move<>(CharSet.of('-'), new Compared(true, 0, -1, 0)));
          }
          for (int digit = 0; digit < 10; digit++) {
            moves.add(
                new CharDfa.Move<>(
                    CharSet.of('0' + digit), afterDigit(state, '0' + digit, whole, fraction)));
          }
          if (state.fraction() < 0 && state.whole() > 0) {
            moves.add(
                new CharDfa.Move<>(
                    CharSet.of('.'),
                    new Compared(
                        state.negative(), state.whole(), 0, wholeOrder(state, whole.length()))));
          }
          return moves;
        },
        state -> state.whole() > 0 && wanted.test(order(state, bound, whole, fraction)));
  }

  private static Compared afterDigit(Compared state, int digit, String whole, String fraction) {
    if (state.fraction() < 0) {
      int count = Math.min(state.whole() + 1, whole.length() + 1);
      int order =
          state.order() != 0 || state.whole() >= whole.length()
              ? state.order()
              : Integer.signum(digit - whole.charAt(state.whole()));
      return new Compared(state.negative(), count, -1, order);
    }
    int expected = state.fraction() < fraction.length() ? fraction.charAt(state.fraction()) : '0';
    int order = state.order() != 0 ? state.order() : Integer.signum(digit - expected);
    int count = Math.min(state.fraction() + 1, fraction.length());
    return new Compared(state.negative(), state.whole(), count, order);
  }

  private static int wholeOrder(Compared state, int length) {
    return state.whole() == length ? state.order() : Integer.signum(state.whole() - length);
  }

  private static int order(Compared state, BigDecimal bound, String whole, String fraction) {
    int magnitude = state.fraction() < 0 ? wholeOrder(state, whole.length()) : state.order();
    if (magnitude == 0 && Math.max(0, state.fraction()) < fraction.length()) {
      magnitude = -1;
    }
    if (state.negative()) {
      return bound.signum() >= 0 ? -1 : -magnitude;
    }
    return bound.signum() < 0 ? 1 : magnitude;
  }

  /**
   * What is left of a number when it is divided.
   *
   * @param fraction digits after the point, -1 before it
   * @param remainder of all digits read as one integer
   */
  private record Divided(int fraction, int remainder) {}

  private static CharDfa multiples(BigDecimal multiple) {
    BigDecimal scaled = multiple.stripTrailingZeros();
    int places = Math.max(0, scaled.scale());
    BigDecimal unscaled = scaled.movePointRight(places);
    if (unscaled.compareTo(BigDecimal.valueOf(Limits.CHARACTER_STATES)) > 0) {
      throw new GrammarException(
          "multipleOf %s has too many digits: its automaton is limited to %d states"
              .formatted(multiple, Limits.CHARACTER_STATES));
    }
    int divisor = unscaled.intValueExact();
    return CharDfa.explore(
        new Divided(-1, 0),
        state -> {
          List<CharDfa.Move<Divided>> moves = new ArrayList<>();
          for (int digit = 0; digit < 10; digit++) {
            boolean counts = state.fraction() < places;
            if (counts || digit == 0) {
              int fraction = state.fraction() < 0 ? -1 : Math.min(state.fraction() + 1, places);
              int remainder =
                  counts ? (state.remainder() * 10 + digit) % divisor : state.remainder();
              moves.add(
                  new CharDfa.Move<>(CharSet.of('0' + digit), new Divided(fraction, remainder)));
            }
          }
          if (state.fraction() < 0) {
            moves.add(new CharDfa.Move<>(CharSet.of('-'), state));
            moves.add(new CharDfa.Move<>(CharSet.of('.'), new Divided(0, state.remainder())));
          }
          return moves;
        },
        state -> {
          long remainder = state.remainder();
          for (int i = Math.max(0, state.fraction()); i < places; i++) {
            remainder = remainder * 10 % divisor;
          }
          return remainder == 0;
        });
  }
}

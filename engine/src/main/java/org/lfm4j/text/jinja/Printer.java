package org.lfm4j.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Python's {@code str} and {@code repr}. */
final class Printer {
  private Printer() {}

  /** Returns what printing a value gives. */
  static String text(Object value) {
    return switch (value) {
      case String s -> s;
      case Undefined u -> "";
      default -> repr(value);
    };
  }

  static String repr(Object value) {
    return switch (value) {
      case String s -> quoted(s);
      case Boolean b -> b ? "True" : "False";
      case Double d -> real(d);
      case None n -> "None";
      case Undefined u -> "Undefined";
      case List<?> l -> items(l, "[", "]");
      case Tuple t -> items(t.items(), "(", t.items().size() == 1 ? ",)" : ")");
      case Map<?, ?> m -> {
        StringJoiner entries = new StringJoiner(", ", "{", "}");
        m.forEach((k, v) -> entries.add(repr(k) + ": " + repr(v)));
        yield entries.toString();
      }
      case Long i -> i.toString();
      case BigInteger i -> i.toString();
      default -> "<" + Values.type(value) + ">";
    };
  }

  private static String items(List<?> items, String open, String close) {
    StringJoiner all = new StringJoiner(", ", open, close);
    items.forEach(item -> all.add(repr(item)));
    return all.toString();
  }

  /** The shortest digits that give the number back; an exponent below 1e-4 and from 1e16 on. */
  static String real(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = shortest(value);
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = shortest.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String digits = shortest.unscaledValue().abs().toString();
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    return (value < 0 ? "-" : "") + mantissa + "e" + (exponent < 0 ? "-" : "+") + power;
  }

  /** Java writes two digits where one would do: 4.9E-324 for Python's 5e-324. */
  private static BigDecimal shortest(double value) {
    BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (digits.precision() == 2) {
      for (RoundingMode mode : List.of(RoundingMode.HALF_UP, RoundingMode.HALF_DOWN)) {
        BigDecimal one = digits.round(new MathContext(1, mode));
        if (one.doubleValue() == value) {
          return one.stripTrailingZeros();
        }
      }
    }
    return digits;
  }

  private static String quoted(String text) {
    char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
    StringBuilder quoted = new StringBuilder().append(quote);
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '\n' -> quoted.append("\\n");
            case '\r' -> quoted.append("\\r");
            case '\t' -> quoted.append("\\t");
            case '\\' -> quoted.append("\\\\");
            case Marks.MARK -> quoted.append(Marks.MARK);
            default -> {
              if (c == quote) {
                quoted.append('\\').append(quote);
              } else if (PythonText.isPrintable(c)) {
                quoted.appendCodePoint(c);
              } else {
                String form = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
                quoted.append(form.formatted(c));
              }
            }
          }
        });
    return quoted.append(quote).toString();
  }
}

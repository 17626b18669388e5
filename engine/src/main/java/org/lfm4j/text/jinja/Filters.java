package org.lfm4j.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Jinja's filters on single values; those on sequences are {@link SequenceFilters}. */
final class Filters {
  private static final Pattern WORD_START = Pattern.compile("(?<=[-\\s({\\[<])(?![-\\s({\\[<])");
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

  private Filters() {}

  static Object apply(String name, Object value, Arguments arguments, Evaluator evaluator) {
    Object result = single(name, value, arguments, evaluator);
    arguments.end();
    return result;
  }

  private static Object single(
      String name, Object value, Arguments arguments, Evaluator evaluator) {
    return switch (name) {
      case "tojson" -> Json.filter(value, arguments);
      case "string", "safe" -> Printer.text(value);
      case "trim" ->
          StringMethods.strip(text(value), arguments.take("chars", None.NONE), true, true);
      case "upper" -> text(value).toUpperCase(Locale.ROOT);
      case "lower" -> text(value).toLowerCase(Locale.ROOT);
      case "title" -> title(text(value));
      case "capitalize" -> StringMethods.capitalize(text(value));
      case "replace" -> replace(text(value), arguments);
      case "indent" -> indent(text(value), arguments);
      case "wordcount" -> WORD.matcher(Marks.plain(text(value))).results().count();
      case "escape", "e" -> escape(text(value));
      case "default", "d" -> {
        Object otherwise = arguments.take("default_value", "");
        boolean orFalse = arguments.flag("boolean", false);
        boolean missing = value instanceof Undefined || (orFalse && !Values.truth(value));
        yield missing ? otherwise : value;
      }
      case "length", "count" -> (long) Values.length(value);
      case "items" ->
          switch (value) {
            case Undefined u -> List.of();
            case Map<?, ?> m -> Methods.items(m);
            default -> throw new TemplateException("items wants a dict, got " + Values.type(value));
          };
      case "int" -> integer(value, arguments);
      case "float" -> real(value, arguments.take("default", 0.0));
      case "abs" -> abs(value);
      case "round" -> round(value, arguments);
      default -> SequenceFilters.apply(name, value, arguments, evaluator);
    };
  }

  /** Text filters print what they are given first. */
  private static String text(Object value) {
    return Printer.text(value);
  }

  private static String title(String text) {
    StringBuilder titled = new StringBuilder();
    for (String word : WORD_START.split(text, -1)) {
      int first = word.isEmpty() ? 0 : word.offsetByCodePoints(0, 1);
      titled.append(word.substring(0, first).toUpperCase(Locale.ROOT));
      titled.append(word.substring(first).toLowerCase(Locale.ROOT));
    }
    return titled.toString();
  }

  private static String replace(String text, Arguments arguments) {
    String old = text(arguments.require("old"));
    String replacement = text(arguments.require("new"));
    Object count = arguments.take("count", None.NONE);
    int limit = count == None.NONE ? -1 : Numbers.requireInt(count, "replace");
    return StringMethods.replace(text, old, replacement, limit);
  }

  private static String indent(String text, Arguments arguments) {
    Object width = arguments.take("width", 4L);
    boolean first = arguments.flag("first", false);
    boolean blank = arguments.flag("blank", false);
    String indent = "";
    if (width instanceof String given) {
      indent = given;
    } else {
      int spaces = Math.max(0, Numbers.requireInt(width, "indent"));
      Budget.requireSize(spaces);
      indent = " ".repeat(spaces);
    }
    List<Object> lines = StringMethods.lines(text + "\n");
    Budget.requireSize(text.length() + (long) lines.size() * indent.length());
    StringBuilder indented = new StringBuilder(first ? indent : "");
    for (int i = 0; i < lines.size(); i++) {
      String line = (String) lines.get(i);
      boolean moved = i > 0 && (blank || !line.isEmpty());
      indented.append(i > 0 ? "\n" : "").append(moved ? indent : "").append(line);
    }
    return indented.toString();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  private static Object integer(Object value, Arguments arguments) {
    Object otherwise = arguments.take("default", 0L);
    int base = arguments.integer("base", 10);
    return switch (value) {
      case Boolean b -> Numbers.integer(Numbers.big(b));
      case Long i -> i;
      case BigInteger i -> i;
      case Double d -> truncated(d, otherwise);
      case String s -> parsed(Marks.plain(s), base, otherwise);
      case Undefined u -> throw u.failure();
      default -> otherwise;
    };
  }

  private static Object truncated(double value, Object otherwise) {
    return Double.isFinite(value)
        ? Numbers.integer(new BigDecimal(value).toBigInteger())
        : otherwise;
  }

  private static Object parsed(String text, int base, Object otherwise) {
    String digits = text.strip().replaceAll("(?<=\\w)_(?=\\w)", "");
    boolean prefixed =
        switch (base) {
          case 16 -> digits.matches("[+-]?0[xX].*");
          case 8 -> digits.matches("[+-]?0[oO].*");
          case 2 -> digits.matches("[+-]?0[bB].*");
          default -> false;
        };
    String bare = prefixed ? digits.replaceFirst("0[xXoObB]", "") : digits;
    try {
      Budget.requireSize(bare.length() * 1000L);
      return Numbers.integer(new BigInteger(bare, base));
    } catch (NumberFormatException e) {
      return real(text, None.NONE) instanceof Double d ? truncated(d, otherwise) : otherwise;
    }
  }

  private static Object real(Object value, Object otherwise) {
    Values.requireDefined(value);
    if (Numbers.isNumber(value)) {
      return Numbers.real(value);
    }
    if (!(value instanceof String text)) {
      return otherwise;
    }
    String written =
        Marks.plain(text).strip().toLowerCase(Locale.ROOT).replaceAll("(?<=\\d)_(?=\\d)", "");
    return switch (written) {
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "nan", "+nan", "-nan" -> Double.NaN;
      default ->
          written.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?")
              ? (Object) Double.parseDouble(written)
              : otherwise;
    };
  }

  private static Object abs(Object value) {
    return switch (value) {
      case Double d -> Math.abs(d);
      default -> Numbers.integer(Numbers.big(value).abs());
    };
  }

  private static Object round(Object value, Arguments arguments) {
    int precision = arguments.integer("precision", 0);
    String method = arguments.text("method", "common");
    if (!Numbers.isNumber(value)) {
      throw new TemplateException("round wants a number, got " + Values.type(value));
    }
    if (Math.abs(precision) > 300) {
      throw new TemplateException("round: the precision " + precision + " is out of range");
    }
    if (method.equals("common")) {
      return value instanceof Double d ? rounded(d, precision) : roundedInteger(value, precision);
    }
    double scale = Math.pow(10, precision);
    double scaled = Numbers.real(value) * scale;
    return switch (method) {
      case "ceil" -> Math.ceil(scaled) / scale;
      case "floor" -> Math.floor(scaled) / scale;
      default -> throw new TemplateException("round has no method '" + method + "'");
    };
  }

  private static Object rounded(double value, int precision) {
    if (!Double.isFinite(value)) {
      return value;
    }
    double rounded =
        new BigDecimal(value).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
    return Math.copySign(rounded, value);
  }

  private static Object roundedInteger(Object value, int precision) {
    BigDecimal exact = new BigDecimal(Numbers.big(value));
    return Numbers.integer(
        exact.setScale(Math.min(precision, 0), RoundingMode.HALF_EVEN).toBigInteger());
  }
}

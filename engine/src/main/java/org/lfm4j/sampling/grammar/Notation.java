package org.lfm4j.sampling.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * How values are written: as JSON, or as the Python literals of LFM2's tool calls. Blanks are
 * bounded, so that no model can go on with them for ever.
 */
enum Notation {
  JSON("null", "true", "false", "\"", "/"),
  PYTHON("None", "True", "False", "'\"", "");

  private static final int INDENT = 32;
  private static final int TABS = 8;

  /** Beyond this length, characters that need no escape have none: each costs states. */
  private static final int MOST_WITH_ALL_ESCAPES = 500;

  private static final Expression HEX = Expression.chars("0123456789abcdefABCDEF");
  private static final CharSet CONTROL = CharSet.range(0, 0x1f);

  private final String nothing;
  private final String yes;
  private final String no;
  private final String quotes;

  /** What may be escaped though it need not. */
  private final String escapable;

  Notation(String nothing, String yes, String no, String quotes, String escapable) {
    this.nothing = nothing;
    this.yes = yes;
    this.no = no;
    this.quotes = quotes;
    this.escapable = escapable;
  }

  /** Blanks between parts: none or one; in JSON also a new line and its indentation. */
  Expression blanks() {
    Expression space = Expression.optional(Expression.text(" "));
    if (this == PYTHON) {
      return space;
    }
    Expression indent =
        Expression.choice(
            Expression.upTo(Expression.text(" "), INDENT),
            Expression.upTo(Expression.text("\t"), TABS));
    return Expression.choice(space, Expression.sequence(Expression.text("\n"), indent));
  }

  Expression nothing() {
    return Expression.text(nothing);
  }

  Expression truth() {
    return Expression.choice(Expression.text(yes), Expression.text(no));
  }

  /** Any string of the given lengths. */
  Expression anyString(int min, int max) {
    boolean many = Math.max(min, max) > MOST_WITH_ALL_ESCAPES;
    return quoted(quote -> {
      Expression one = many ? withShortEscapes(quote) : encoding(quote).encode(CharSet.ALL);
      return new Expression.Repeat(one, min, max);
    });
  }

  Expression string(CharDfa language) {
    return quoted(quote -> new Expression.Language(language, encoding(quote)));
  }

  private Expression string(String value) {
    return quoted(quote -> {
      StringBuilder text = new StringBuilder();
      value.codePoints().forEach(c -> text.append(escaped(c, quote)));
      return new Expression.Text(text.toString());
    });
  }

  /** Something between quotes, of each kind that there is. */
  private Expression quoted(Function<Character, Expression> body) {
    List<Expression> options = new ArrayList<>();
    for (int i = 0; i < quotes.length(); i++) {
      Expression mark = new Expression.Text(quotes.substring(i, i + 1));
      options.add(Expression.sequence(mark, body.apply(quotes.charAt(i)), mark));
    }
    return new Expression.Choice(options);
  }

  private static String escaped(int codePoint, char quote) {
    return switch (codePoint) {
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> {
        if (CONTROL.contains(codePoint)) {
          yield "\\u%04x".formatted(codePoint);
        }
        String text = Character.toString(codePoint);
        yield codePoint == '\\' || codePoint == quote ? "\\" + text : text;
      }
    };
  }

  /**
   * Characters as they are, with the escapes they need; any escape where any character may stand.
   */
  private CharEncoding encoding(char quote) {
    CharSet special = CONTROL.or(CharSet.of('\\')).or(CharSet.of(quote));
    return set -> {
      List<Expression> options = new ArrayList<>();
      options.add(new Expression.Chars(set.minus(special)));
      if (set.equals(CharSet.ALL)) {
        options.add(anyEscape(quote));
      } else {
        for (int[] range : set.and(special).ranges()) {
          for (int c = range[0]; c <= range[1]; c++) {
            options.add(new Expression.Text(escaped(c, quote)));
          }
        }
      }
      return new Expression.Choice(options);
    };
  }

  private Expression withShortEscapes(char quote) {
    Expression control = Expression.sequence(Expression.text("u00"), Expression.chars("01"), HEX);
    Expression escape = Expression.choice(Expression.chars("\\bfnrt" + quote + escapable), control);
    CharSet special = CONTROL.or(CharSet.of('\\')).or(CharSet.of(quote));
    return Expression.choice(
        new Expression.Chars(special.not()), Expression.sequence(Expression.text("\\"), escape));
  }

  private Expression anyEscape(char quote) {
    Expression plane =
        Expression.choice(
            Expression.sequence(Expression.chars("0123456789abcefABCEF"), HEX, HEX, HEX),
            Expression.sequence(Expression.chars("dD"), Expression.chars("01234567"), HEX, HEX));
    List<Expression> options = new ArrayList<>();
    options.add(Expression.chars("\\bfnrt" + quote + escapable));
    options.add(Expression.sequence(Expression.text("u"), plane));
    if (this == JSON) {
      // Beyond the first plane JSON writes two halves, and neither may stand alone.
      options.add(
          Expression.sequence(
              Expression.text("u"),
              Expression.chars("dD"),
              Expression.chars("89abAB"),
              HEX,
              HEX,
              Expression.text("\\u"),
              Expression.chars("dD"),
              Expression.chars("cdefCDEF"),
              HEX,
              HEX));
    }
    return Expression.sequence(Expression.text("\\"), new Expression.Choice(options));
  }

  /** One given value. */
  Expression value(JsonNode value) {
    return switch (JsonType.of(value)) {
      case NULL -> nothing();
      case BOOLEAN -> Expression.text(value.booleanValue() ? yes : no);
      case NUMBER -> Expression.text(number(value.decimalValue()));
      case STRING -> string(value.stringValue());
      case ARRAY -> {
        List<Expression> items = new ArrayList<>();
        value.forEach(item -> items.add(value(item)));
        yield enclosed("[", items, "]");
      }
      case OBJECT -> {
        List<Expression> pairs = new ArrayList<>();
        value
            .propertyStream()
            .forEach(property ->
                pairs.add(Expression.sequence(key(property.getKey()), value(property.getValue()))));
        yield enclosed("{", pairs, "}");
      }
    };
  }

  /** A key of an object, and what comes between it and its value. */
  Expression key(String name) {
    return Expression.sequence(string(name), Expression.text(":"), blanks());
  }

  Expression comma() {
    return Expression.sequence(Expression.text(","), blanks());
  }

  private Expression enclosed(String open, List<Expression> members, String close) {
    List<Expression> parts = new ArrayList<>();
    parts.add(Expression.text(open));
    parts.add(blanks());
    for (int i = 0; i < members.size(); i++) {
      if (i > 0) {
        parts.add(comma());
      }
      parts.add(members.get(i));
    }
    parts.add(blanks());
    parts.add(Expression.text(close));
    return new Expression.Sequence(parts);
  }

  private static String number(BigDecimal number) {
    if (number.precision() > Limits.DIGITS || Math.abs(number.scale()) > Limits.DIGITS) {
      throw new GrammarException(
          "a number of enum or const has more than %d digits".formatted(Limits.DIGITS));
    }
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }
}

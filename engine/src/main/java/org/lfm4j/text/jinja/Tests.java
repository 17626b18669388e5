package org.lfm4j.text.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Jinja's tests: what can stand after {@code is}. */
final class Tests {
  private Tests() {}

  static boolean holds(String name, Object value, Arguments arguments) {
    boolean result = test(name, value, arguments);
    arguments.end();
    return result;
  }

  private static boolean test(String name, Object value, Arguments arguments) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == None.NONE;
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map;
      case "number" -> Numbers.isNumber(value);
      case "integer" -> Numbers.isInteger(value);
      case "float" -> value instanceof Double;
      case "boolean" -> value instanceof Boolean;
      case "true" -> value.equals(true);
      case "false" -> value.equals(false);
      case "sequence", "iterable" -> isSequence(value);
      case "callable" -> value instanceof Callable || value instanceof Undefined;
      case "odd" -> Values.equal(Operators.binary("%", value, 2L), 1L);
      case "even" -> Values.equal(Operators.binary("%", value, 2L), 0L);
      case "divisibleby" ->
          Values.equal(Operators.binary("%", value, arguments.require("num")), 0L);
      case "in" -> Values.contains(arguments.require("seq"), value);
      case "sameas" -> value.equals(arguments.require("other"));
      case "lower" -> isCase(value, true);
      case "upper" -> isCase(value, false);
      default -> Operators.compare(operator(name), value, arguments.require("other"));
    };
  }

  private static String operator(String name) {
    return switch (name) {
      case "eq", "equalto", "==" -> "==";
      case "ne", "!=" -> "!=";
      case "lt", "lessthan", "<" -> "<";
      case "le", "<=" -> "<=";
      case "gt", "greaterthan", ">" -> ">";
      case "ge", ">=" -> ">=";
      default -> throw new TemplateException("there is no test '" + name + "'");
    };
  }

  private static boolean isSequence(Object value) {
    return value instanceof List
        || value instanceof Tuple
        || value instanceof String
        || value instanceof Map
        || value instanceof Undefined;
  }

  private static boolean isCase(Object value, boolean lower) {
    String text = Marks.plain(Printer.text(value));
    boolean cased =
        text.codePoints().anyMatch(c -> Character.isLowerCase(c) || Character.isUpperCase(c));
    String changed = lower ? text.toLowerCase(Locale.ROOT) : text.toUpperCase(Locale.ROOT);
    return cased && text.equals(changed);
  }
}

package org.lfm4j.vast;

import java.util.ArrayList;
import java.util.List;
import org.lfm4j.vast.Condition.Operator;
import org.lfm4j.vast.Condition.Value;

/**
 * Reads the query language of {@code search offers}:
 *
 * <pre>
 * query = { field op value }
 * field = letters, digits and _
 * op    = "=" "==" "!=" "&lt;" "&lt;=" "&gt;" "&gt;=" eq neq noteq "not eq" gt gte lt lte in nin notin "not in"
 * value = word | "quoted text" | "[" value { "," value } "]"
 * </pre>
 *
 * Blanks may stand around an operator. Source: Vast's own command, as it was seen to behave.
 */
final class QueryParser {
  private static final String SYMBOLS = "=!<>";

  private final String query;
  private int at;

  private QueryParser(String query) {
    this.query = query;
  }

  /**
   * Returns the conditions in their order.
   *
   * @throws QueryException if the text is no query
   */
  static List<Condition> parse(String query) {
    QueryParser parser = new QueryParser(query);
    List<Condition> conditions = new ArrayList<>();
    parser.skipBlanks();
    while (!parser.atEnd()) {
      conditions.add(parser.condition());
      parser.skipBlanks();
    }
    return conditions;
  }

  private Condition condition() {
    int start = at;
    String field = name();
    if (field.isEmpty()) {
      throw error(start, "Expected a field like gpu_ram, got '%s'".formatted(query.charAt(start)));
    }
    skipBlanks();
    Operator operator = operator(field);
    skipBlanks();
    int value = at;
    if (atEnd()) {
      throw error(at, "A value is missing after %s".formatted(query.substring(start).strip()));
    }
    if (peek() != '[') {
      Condition condition = new Condition(field, operator, List.of(value("")), false, value);
      requireMeaning(condition);
      return condition;
    }
    if (!operator.takesList()) {
      throw error(value, "A list in brackets needs 'in' or 'notin'");
    }
    return new Condition(field, operator, list(), true, value);
  }

  private void requireMeaning(Condition condition) {
    if (condition.wildcard() && condition.operator() != Operator.EQ) {
      throw error(condition.position(), "'any' makes sense with = only");
    }
  }

  private Operator operator(String field) {
    int start = at;
    if (atEnd()) {
      throw error(at, "An operator like >= is missing after " + field);
    }
    String text = SYMBOLS.indexOf(peek()) >= 0 ? symbols() : name();
    if (text.equals("not")) {
      skipBlanks();
      text = "not " + name();
    }
    String written = text;
    return Operator.of(text)
        .orElseThrow(() ->
            error(
                start,
                written.isEmpty()
                    ? "Expected an operator like >= after " + field
                    : "Unknown operator '%s': there are = != < <= > >= in notin"
                        .formatted(written)));
  }

  private String symbols() {
    int start = at;
    while (!atEnd() && SYMBOLS.indexOf(peek()) >= 0) {
      at++;
    }
    return query.substring(start, at);
  }

  private List<Value> list() {
    int start = at++;
    List<Value> values = new ArrayList<>();
    skipBlanks();
    while (!atEnd() && peek() != ']') {
      values.add(value(",]"));
      skipBlanks();
      if (!atEnd() && peek() == ',') {
        at++;
        skipBlanks();
      } else if (!atEnd() && peek() != ']') {
        throw error(at, "Expected , or ] in the list, got '%s'".formatted(peek()));
      }
    }
    if (atEnd()) {
      throw error(start, "The list is not closed: ] is missing");
    }
    if (values.isEmpty()) {
      throw error(start, "The list is empty");
    }
    at++;
    return values;
  }

  /** Reads a quoted text, or a word; in lists a word may have blanks inside. */
  private Value value(String terminators) {
    int start = at;
    if (peek() == '"') {
      int end = query.indexOf('"', start + 1);
      if (end < 0) {
        throw error(start, "The quoted text is not closed: \" is missing");
      }
      at = end + 1;
      if (terminators.isEmpty() && !atEnd() && !Character.isWhitespace(peek())) {
        throw error(at, "Expected a blank after the quoted text, got '%s'".formatted(peek()));
      }
      return new Value(query.substring(start + 1, end), true);
    }
    while (!atEnd()
        && (terminators.isEmpty()
            ? !Character.isWhitespace(peek())
            : terminators.indexOf(peek()) < 0)) {
      at++;
    }
    String word = query.substring(start, at).strip();
    if (word.isEmpty()) {
      throw error(start, "A value is missing");
    }
    return new Value(word.replace("\"", ""), false);
  }

  private String name() {
    int start = at;
    while (!atEnd() && isNamePart(peek())) {
      at++;
    }
    return query.substring(start, at);
  }

  private static boolean isNamePart(char c) {
    return c == '_' || (c < 128 && Character.isLetterOrDigit(c));
  }

  private void skipBlanks() {
    while (!atEnd() && Character.isWhitespace(peek())) {
      at++;
    }
  }

  private boolean atEnd() {
    return at >= query.length();
  }

  private char peek() {
    return query.charAt(at);
  }

  private QueryException error(int position, String message) {
    return new QueryException(query, position, message);
  }
}

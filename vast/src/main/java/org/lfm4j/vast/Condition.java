package org.lfm4j.vast;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One condition of a query, as written.
 *
 * @param field the field's name, aliases not resolved
 * @param operator how it compares
 * @param values one value; any number for {@code in} and {@code notin} with brackets
 * @param list whether brackets were written
 * @param position where its value begins
 */
record Condition(String field, Operator operator, List<Value> values, boolean list, int position) {
  /**
   * A value as written.
   *
   * @param text without its quotes
   * @param quoted whether it had some
   */
  record Value(String text, boolean quoted) {}

  /** How a field is compared, under the service's names. */
  enum Operator {
    EQ,
    NEQ,
    GT,
    GTE,
    LT,
    LTE,
    IN,
    NOTIN;

    private static final Map<String, Operator> BY_TEXT =
        Map.ofEntries(
            Map.entry("=", EQ),
            Map.entry("==", EQ),
            Map.entry("eq", EQ),
            Map.entry("!=", NEQ),
            Map.entry("neq", NEQ),
            Map.entry("noteq", NEQ),
            Map.entry("not eq", NEQ),
            Map.entry(">", GT),
            Map.entry("gt", GT),
            Map.entry(">=", GTE),
            Map.entry("gte", GTE),
            Map.entry("<", LT),
            Map.entry("lt", LT),
            Map.entry("<=", LTE),
            Map.entry("lte", LTE),
            Map.entry("in", IN),
            Map.entry("nin", NOTIN),
            Map.entry("notin", NOTIN),
            Map.entry("not in", NOTIN));

    /** Returns the operator that a user wrote. */
    static Optional<Operator> of(String text) {
      return Optional.ofNullable(BY_TEXT.get(text));
    }

    boolean takesList() {
      return this == IN || this == NOTIN;
    }
  }

  /** Returns whether any value will do. */
  boolean wildcard() {
    return !list
        && !values.getFirst().quoted()
        && List.of("any", "*", "?").contains(values.getFirst().text());
  }
}

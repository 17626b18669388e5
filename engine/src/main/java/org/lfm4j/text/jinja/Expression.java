package org.lfm4j.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The syntax tree of expressions. */
sealed interface Expression {
  record Literal(Object value) implements Expression {}

  record Name(String name) implements Expression {}

  record ListOf(List<Expression> items) implements Expression {}

  record TupleOf(List<Expression> items) implements Expression {}

  record DictOf(List<Expression> keys, List<Expression> values) implements Expression {}

  record Not(Expression operand) implements Expression {}

  record Sign(boolean negative, Expression operand) implements Expression {}

  record Binary(String operator, Expression left, Expression right) implements Expression {}

  record And(Expression left, Expression right) implements Expression {}

  record Or(Expression left, Expression right) implements Expression {}

  /** A chain such as {@code a < b <= c}. */
  record Comparison(Expression first, List<String> operators, List<Expression> rest)
      implements Expression {}

  /** Operands of {@code ~}. */
  record Joined(List<Expression> parts) implements Expression {}

  record Conditional(Expression test, Expression then, Optional<Expression> otherwise)
      implements Expression {}

  record Attribute(Expression object, String name) implements Expression {}

  record Item(Expression object, Expression index) implements Expression {}

  record Slice(
      Expression object,
      Optional<Expression> start,
      Optional<Expression> stop,
      Optional<Expression> step)
      implements Expression {}

  record Call(Expression callee, Passed passed) implements Expression {}

  record Filter(Expression value, String name, Passed passed) implements Expression {}

  record Test(Expression value, String name, Passed passed) implements Expression {}

  /** Arguments as written. */
  record Passed(List<Expression> positional, Map<String, Expression> named) {
    static final Passed NOTHING = new Passed(List.of(), Map.of());
  }
}

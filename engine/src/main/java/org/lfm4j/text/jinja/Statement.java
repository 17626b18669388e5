package org.lfm4j.text.jinja;

import java.util.List;
import java.util.Optional;

/** The syntax tree of what stands between expressions. */
sealed interface Statement {
  /** Returns the line of the template on which it starts. */
  int line();

  record Text(int line, String text) implements Statement {}

  record Print(int line, Expression value) implements Statement {}

  /** Branches in order; {@code else} is one whose test is the literal true. */
  record If(int line, List<Branch> branches) implements Statement {}

  record Branch(Expression test, List<Statement> body) {}

  record For(
      int line,
      Target target,
      Expression items,
      Optional<Expression> filter,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {}

  record Break(int line) implements Statement {}

  record Continue(int line) implements Statement {}

  record Set(int line, Target target, Expression value) implements Statement {}

  /** {@code set x} with a body: {@code wrapped} is the body's text after its filters. */
  record SetBlock(int line, Target target, List<Statement> body, Expression wrapped)
      implements Statement {}

  record Macro(
      int line,
      String name,
      List<String> parameters,
      List<Expression> defaults,
      List<Statement> body)
      implements Statement {}

  /** A body with its own variables: {@code generation} and {@code with}. */
  record Scoped(int line, List<Set> variables, List<Statement> body) implements Statement {}

  record FilterBlock(int line, List<Statement> body, Expression wrapped) implements Statement {}

  /** What can be assigned to. */
  sealed interface Target {
    record Variable(String name) implements Target {}

    record Field(String namespace, String name) implements Target {}

    record Several(List<Target> targets) implements Target {}
  }
}

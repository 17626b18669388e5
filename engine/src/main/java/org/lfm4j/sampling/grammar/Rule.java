package org.lfm4j.sampling.grammar;

/** A named rule of a grammar. Its body is set once all rules it may refer to exist. */
final class Rule {
  private final String name;
  private Expression body = Expression.NOTHING;

  Rule(String name) {
    this.name = name;
  }

  Rule(String name, Expression body) {
    this.name = name;
    this.body = body;
  }

  String name() {
    return name;
  }

  Expression body() {
    return body;
  }

  void define(Expression expression) {
    body = expression;
  }
}

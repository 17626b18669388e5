package org.lfm4j.sampling.grammar;

import java.util.List;

/** What a rule derives: a regular expression over characters, control tokens and other rules. */
sealed interface Expression {
  /** Stands for an endless repetition. */
  int UNBOUNDED = -1;

  Expression EMPTY = new Sequence(List.of());

  /** Derives no text at all, not even the empty one. */
  Expression NOTHING = new Choice(List.of());

  /** One character of a set, in UTF-8. */
  record Chars(CharSet set) implements Expression {}

  /** A literal, in UTF-8. */
  record Text(String text) implements Expression {}

  /** One after the other. */
  record Sequence(List<Expression> parts) implements Expression {}

  /** One of several. */
  record Choice(List<Expression> options) implements Expression {}

  /** Something at least {@code min} and at most {@code max} times. */
  record Repeat(Expression body, int min, int max) implements Expression {}

  /** Another rule. */
  record Call(Rule rule) implements Expression {}

  /** A control token, which is never written as text. */
  record Token(int id) implements Expression {}

  /** A text that an automaton accepts, each character of it written as an encoding says. */
  record Language(CharDfa dfa, CharEncoding encoding) implements Expression {}

  /** The beginning or the end of the text, in patterns only. */
  record Anchor(int sentinel) implements Expression {}

  static Expression text(String text) {
    return new Text(text);
  }

  static Expression chars(String characters) {
    return new Chars(CharSet.anyOf(characters));
  }

  static Expression sequence(Expression... parts) {
    return new Sequence(List.of(parts));
  }

  static Expression choice(Expression... options) {
    return new Choice(List.of(options));
  }

  static Expression optional(Expression body) {
    return new Repeat(body, 0, 1);
  }

  static Expression any(Expression body) {
    return new Repeat(body, 0, UNBOUNDED);
  }

  static Expression upTo(Expression body, int max) {
    return new Repeat(body, 0, max);
  }
}

package org.lfm4j.sampling.grammar;

/** How large a grammar may be. Work grows with these counts, so they bound the time as well. */
final class Limits {
  /** Characters of a schema, expression or grammar text. */
  static final int TEXT = 256 * 1024;

  /** Nesting of brackets in an expression, of values in a schema, of references. */
  static final int DEPTH = 100;

  /** Rules of one grammar. */
  static final int RULES = 10_000;

  /** States of the automata of all rules together. */
  static final int STATES = 250_000;

  /** Edges between them. */
  static final int EDGES = 1_500_000;

  /** States of one automaton over characters, where patterns are intersected. */
  static final int CHARACTER_STATES = 10_000;

  /** Steps that making one such automaton may take. */
  static final int CHARACTER_WORK = 2_000_000;

  /** Repetitions of one element. */
  static final int REPETITIONS = 20_000;

  /** Properties that an object schema names, items of a tuple, enum values. */
  static final int MEMBERS = 500;

  /** Digits of a number in a schema. */
  static final int DIGITS = 100;

  /** Ways to combine the alternatives of one schema. */
  static final int BRANCHES = 500;

  /** Positions in which an ambiguous grammar may be at once. */
  static final int AMBIGUITY = 20_000;

  private Limits() {}

  static void text(String what, String text) {
    if (text.length() > TEXT) {
      throw new GrammarException(
          "%s has %d characters, more than the limit of %d: make it smaller"
              .formatted(what, text.length(), TEXT));
    }
  }

  static void members(String what, int count) {
    if (count > MEMBERS) {
      throw new GrammarException(
          "%s are %d, more than the limit of %d: split the schema".formatted(what, count, MEMBERS));
    }
  }

  static void repetitions(String what, long count) {
    if (count > REPETITIONS) {
      throw new GrammarException(
          "%s is %d, more than the limit of %d: lower it or leave it out"
              .formatted(what, count, REPETITIONS));
    }
  }
}

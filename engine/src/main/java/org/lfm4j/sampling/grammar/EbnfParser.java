package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads grammars in the EBNF of xgrammar and llama.cpp (GBNF): {@code name ::= "text" | [a-z]+
 * (other | .){2,5}}, comments from {@code #}; the rule {@code root} is the output. A control token
 * of the vocabulary is named bare, as in {@code <|tool_call_start|>}. A rule that begins with
 * itself is rewritten as a repetition.
 */
final class EbnfParser {
  private static final String WHAT = "the grammar";
  private static final String ROOT = "root";

  /** How often one element may be repeated by a further sign. */
  private static final int MOST_REPETITIONS = 3;

  private final Scanner in;
  private final TokenTrie vocabulary;
  private final Map<String, Rule> rules = new LinkedHashMap<>();
  private final Map<String, Rule> defined = new LinkedHashMap<>();

  private EbnfParser(String grammar, TokenTrie vocabulary) {
    this.in = new Scanner(WHAT, grammar);
    this.vocabulary = vocabulary;
  }

  static Rule parse(String grammar, TokenTrie vocabulary) {
    return new EbnfParser(grammar, vocabulary).parse();
  }

  private Rule parse() {
    skipBlanks();
    while (in.peek() != Scanner.END) {
      String name = name();
      skipBlanks();
      if (name.isEmpty() || !in.take("::=")) {
        throw in.error("needs a rule of the form name ::= ...");
      }
      Rule rule = rule(name);
      if (defined.put(name, rule) != null) {
        throw in.error("defines the rule %s twice".formatted(name));
      }
      rule.define(withoutLeftRecursion(rule, alternatives()));
    }
    for (String name : rules.keySet()) {
      if (!defined.containsKey(name)) {
        throw new GrammarException(
            "%s uses the rule %s, which it does not define".formatted(WHAT, name));
      }
    }
    Rule root = defined.get(ROOT);
    if (root == null) {
      throw new GrammarException(
          "%s has no rule root: name the rule of the whole output root ::= ...".formatted(WHAT));
    }
    return root;
  }

  private Rule rule(String name) {
    if (rules.size() == Limits.RULES) {
      throw in.error("has more than %d rules".formatted(Limits.RULES));
    }
    return rules.computeIfAbsent(name, Rule::new);
  }

  /** {@code a ::= a x | y} derives what {@code a ::= y x*} does. */
  private static Expression withoutLeftRecursion(Rule rule, List<List<Expression>> options) {
    List<Expression> heads = new ArrayList<>();
    List<Expression> tails = new ArrayList<>();
    for (List<Expression> option : options) {
      boolean recursive =
          !option.isEmpty()
              && option.getFirst() instanceof Expression.Call call
              && call.rule() == rule;
      if (recursive) {
        tails.add(new Expression.Sequence(option.subList(1, option.size())));
      } else {
        heads.add(new Expression.Sequence(option));
      }
    }
    Expression head = new Expression.Choice(heads);
    return tails.isEmpty()
        ? head
        : Expression.sequence(head, Expression.any(new Expression.Choice(tails)));
  }

  private List<List<Expression>> alternatives() {
    in.enter();
    List<List<Expression>> options = new ArrayList<>();
    do {
      options.add(sequence());
    } while (in.take('|'));
    in.leave();
    return options;
  }

  private List<Expression> sequence() {
    List<Expression> parts = new ArrayList<>();
    while (true) {
      skipBlanks();
      int c = in.peek();
      if (c == Scanner.END || c == '|' || c == ')' || atRule()) {
        return parts;
      }
      parts.add(quantified());
    }
  }

  /** A name that {@code ::=} follows begins the next rule. */
  private boolean atRule() {
    int mark = in.position();
    boolean rule = !name().isEmpty();
    skipBlanks();
    rule = rule && in.take("::=");
    in.reset(mark);
    return rule;
  }

  private Expression quantified() {
    Expression body = element();
    for (int repetitions = 0; ; repetitions++) {
      if (repetitions > MOST_REPETITIONS) {
        throw in.error("repeats a repetition too often");
      }
      if (in.take('*')) {
        body = Expression.any(body);
      } else if (in.take('+')) {
        body = new Expression.Repeat(body, 1, Expression.UNBOUNDED);
      } else if (in.take('?')) {
        body = Expression.optional(body);
      } else if (in.take('{')) {
        body = in.repeat(body);
      } else {
        return body;
      }
    }
  }

  private Expression element() {
    int c = in.peek();
    if (c == '"' || c == '\'') {
      in.next();
      return literal(c);
    }
    if (in.take('[')) {
      return new Expression.Chars(set());
    }
    if (in.take('.')) {
      return new Expression.Chars(CharSet.ALL);
    }
    if (in.take('(')) {
      List<Expression> options = new ArrayList<>();
      alternatives().forEach(option -> options.add(new Expression.Sequence(option)));
      in.expect(')');
      return new Expression.Choice(options);
    }
    if (c == '<') {
      return token();
    }
    String name = name();
    if (name.isEmpty()) {
      throw in.error("needs a rule name, \"text\", [characters] or (...)");
    }
    return new Expression.Call(rule(name));
  }

  private Expression token() {
    in.expect('<');
    String name = "<" + in.takeWhile(c -> c != '>' && !Character.isWhitespace(c)) + ">";
    in.expect('>');
    return new Expression.Token(
        vocabulary
            .controlToken(name)
            .orElseThrow(() -> in.error("names %s, which is no control token".formatted(name))));
  }

  private Expression literal(int quote) {
    StringBuilder text = new StringBuilder();
    while (!in.take(quote)) {
      text.appendCodePoint(character());
    }
    return new Expression.Text(text.toString());
  }

  private CharSet set() {
    boolean negated = in.take('^');
    List<CharSet> members = new ArrayList<>();
    while (!in.take(']')) {
      int first = character();
      int last = first;
      if (in.peek() == '-' && in.peek(1) != ']') {
        in.next();
        last = character();
      }
      if (last < first) {
        throw in.error("has a range that runs backwards");
      }
      members.add(CharSet.range(first, last));
    }
    CharSet set = CharSet.union(members);
    return negated ? set.not() : set;
  }

  private int character() {
    int c = in.next();
    if (c != '\\') {
      return c;
    }
    int escaped = in.next();
    return switch (escaped) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'x' -> in.hex(2);
      case 'u' -> in.hex(4);
      case 'U' -> in.hex(8);
      case '"', '\'', '\\', '[', ']', '-', '^', '/' -> escaped;
      default ->
          throw in.error(
              "has the escape \\%s, which it does not know".formatted(Character.toString(escaped)));
    };
  }

  private String name() {
    return in.takeWhile(c -> c == '_' || c == '-' || (c < 128 && Character.isLetterOrDigit(c)));
  }

  private void skipBlanks() {
    while (true) {
      in.takeWhile(Character::isWhitespace);
      if (in.peek() != '#') {
        return;
      }
      in.takeWhile(c -> c != '\n');
    }
  }
}

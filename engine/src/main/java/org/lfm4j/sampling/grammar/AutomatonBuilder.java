package org.lfm4j.sampling.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds the automata of a rule and of all it refers to. Expressions are built from their end, so
 * that parts with the same continuation are built once.
 */
final class AutomatonBuilder {
  private static final int FIRST_CONTINUATION = 0x80;

  private final Automaton automaton = new Automaton();
  private final IdentityHashMap<Rule, Integer> rules = new IdentityHashMap<>();
  private final Deque<Rule> toBuild = new ArrayDeque<>();

  /** States by expression and continuation, of the rule that is being built. */
  private final IdentityHashMap<Expression, Map<Integer, Integer>> built = new IdentityHashMap<>();

  private AutomatonBuilder() {}

  static Automaton build(Rule root) {
    AutomatonBuilder builder = new AutomatonBuilder();
    builder.ruleOf(root);
    for (Rule rule = builder.toBuild.poll(); rule != null; rule = builder.toBuild.poll()) {
      builder.built.clear();
      int index = builder.ruleOf(rule);
      builder.automaton.setStart(index, builder.build(rule.body(), builder.automaton.end(index)));
    }
    return builder.automaton;
  }

  private int ruleOf(Rule rule) {
    Integer known = rules.get(rule);
    if (known != null) {
      return known;
    }
    int index = automaton.addRule(rule.name());
    rules.put(rule, index);
    toBuild.add(rule);
    return index;
  }

  private int build(Expression expression, int end) {
    Map<Integer, Integer> byEnd = built.computeIfAbsent(expression, e -> new HashMap<>());
    Integer known = byEnd.get(end);
    if (known != null) {
      return known;
    }
    int start =
        switch (expression) {
          case Expression.Chars chars -> chars(chars.set(), end);
          case Expression.Text text -> text(text.text(), end);
          case Expression.Sequence sequence -> sequence(sequence.parts(), end);
          case Expression.Choice choice -> choice(choice.options(), end);
          case Expression.Repeat repeat -> repeat(repeat, end);
          case Expression.Call call -> edge(Automaton.CALL, ruleOf(call.rule()), end);
          case Expression.Token token -> edge(Automaton.TOKEN, token.id(), end);
          case Expression.Language language -> language(language, end);
          case Expression.Anchor anchor ->
              throw new GrammarException(
                  "^ and $ may stand at the ends of an expression only: the whole output is matched, leave them out");
        };
    byEnd.put(end, start);
    return start;
  }

  private int edge(int kind, int label, int end) {
    int state = automaton.newState();
    automaton.addEdge(state, kind, label, label, end);
    return state;
  }

  private int text(String text, int end) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int state = end;
    for (int i = bytes.length - 1; i >= 0; i--) {
      state = edge(Automaton.BYTES, bytes[i] & 0xff, state);
    }
    return state;
  }

  private int chars(CharSet set, int end) {
    int start = automaton.newState();
    Map<Long, Integer> continuations = new HashMap<>();
    Utf8Sequences.forEach(
        set,
        (first, last) -> {
          int state = end;
          for (int i = first.length - 1; i > 0; i--) {
            state = continuation(continuations, first[i] & 0xff, last[i] & 0xff, state);
          }
          automaton.addEdge(start, Automaton.BYTES, first[0] & 0xff, last[0] & 0xff, state);
        });
    return start;
  }

  private int continuation(Map<Long, Integer> known, int low, int high, int to) {
    long key = ((long) to << 16) | ((low - FIRST_CONTINUATION) << 8) | (high - FIRST_CONTINUATION);
    Integer state = known.get(key);
    if (state == null) {
      state = automaton.newState();
      automaton.addEdge(state, Automaton.BYTES, low, high, to);
      known.put(key, state);
    }
    return state;
  }

  private int sequence(List<Expression> parts, int end) {
    int state = end;
    for (int i = parts.size() - 1; i >= 0; i--) {
      state = build(parts.get(i), state);
    }
    return state;
  }

  private int choice(List<Expression> options, int end) {
    int start = automaton.newState();
    for (Expression option : options) {
      skip(start, build(option, end));
    }
    return start;
  }

  private int repeat(Expression.Repeat repeat, int end) {
    int state = end;
    if (repeat.max() == Expression.UNBOUNDED) {
      state = automaton.newState();
      skip(state, build(repeat.body(), state));
      skip(state, end);
    }
    for (int i = repeat.max(); i > repeat.min(); i--) {
      int optional = automaton.newState();
      skip(optional, build(repeat.body(), state));
      skip(optional, end);
      state = optional;
    }
    for (int i = 0; i < repeat.min(); i++) {
      state = build(repeat.body(), state);
    }
    return state;
  }

  private int language(Expression.Language language, int end) {
    CharDfa dfa = language.dfa();
    int[] states = new int[dfa.states()];
    for (int i = 0; i < states.length; i++) {
      states[i] = automaton.newState();
    }
    Map<CharSet, Expression> encoded = new HashMap<>();
    for (int i = 0; i < states.length; i++) {
      int from = states[i];
      if (dfa.accepts(i)) {
        skip(from, end);
      }
      dfa.moves(i)
          .forEach((to, set) ->
              skip(
                  from,
                  build(
                      encoded.computeIfAbsent(set, s -> language.encoding().encode(s)),
                      states[to])));
    }
    return states[dfa.start()];
  }

  private void skip(int from, int to) {
    automaton.addEdge(from, Automaton.EMPTY, 0, 0, to);
  }
}

package org.lfm4j.sampling.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A regular expression over code points on its way to a {@link CharDfa}. */
final class CharNfa {
  /** Stands before a text, where {@code ^} matches. */
  static final int BEGIN = CharSet.MAX + 1;

  /** Stands after a text, where {@code $} matches. */
  static final int END = CharSet.MAX + 2;

  private record Edge(CharSet set, int to) {}

  /** A set of states, by value. */
  private record States(List<Integer> states) {}

  private final List<List<Edge>> edges = new ArrayList<>();
  private final List<List<Integer>> skips = new ArrayList<>();
  private int members;

  private CharNfa() {}

  static CharDfa determinize(Expression expression) {
    CharNfa nfa = new CharNfa();
    int end = nfa.newState();
    int start = nfa.build(expression, end);
    return CharDfa.explore(
        nfa.closure(Set.of(start)), nfa::moves, states -> states.states().contains(end));
  }

  /** Accepts texts in which a pattern is found, as JSON schema's {@code pattern} has it. */
  static CharDfa search(Expression pattern) {
    Expression anything = Expression.any(new Expression.Chars(CharSet.range(0, END)));
    return determinize(Expression.sequence(anything, pattern, anything)).between(BEGIN, END);
  }

  private int newState() {
    if (edges.size() == Limits.STATES) {
      throw new GrammarException(
          "a pattern needs more than %d states: lower its repetition counts"
              .formatted(Limits.STATES));
    }
    edges.add(new ArrayList<>());
    skips.add(new ArrayList<>());
    return edges.size() - 1;
  }

  private int build(Expression expression, int end) {
    return switch (expression) {
      case Expression.Chars chars -> edge(chars.set(), end);
      case Expression.Anchor anchor ->
          edge(CharSet.range(anchor.sentinel(), anchor.sentinel()), end);
      case Expression.Text text -> {
        int state = end;
        int[] codePoints = text.text().codePoints().toArray();
        for (int i = codePoints.length - 1; i >= 0; i--) {
          state = edge(CharSet.of(codePoints[i]), state);
        }
        yield state;
      }
      case Expression.Sequence sequence -> {
        int state = end;
        for (Expression part : sequence.parts().reversed()) {
          state = build(part, state);
        }
        yield state;
      }
      case Expression.Choice choice -> {
        int state = newState();
        for (Expression option : choice.options()) {
          skips.get(state).add(build(option, end));
        }
        yield state;
      }
      case Expression.Repeat repeat -> repeat(repeat, end);
      case Expression.Call call -> throw notRegular();
      case Expression.Token token -> throw notRegular();
      case Expression.Language language -> throw notRegular();
    };
  }

  private static IllegalStateException notRegular() {
    return new IllegalStateException("not part of a regular expression");
  }

  private int edge(CharSet set, int end) {
    int state = newState();
    edges.get(state).add(new Edge(set, end));
    return state;
  }

  private int repeat(Expression.Repeat repeat, int end) {
    int state = end;
    if (repeat.max() == Expression.UNBOUNDED) {
      state = newState();
      skips.get(state).add(build(repeat.body(), state));
      skips.get(state).add(end);
    }
    for (int i = repeat.max(); i > repeat.min(); i--) {
      int optional = newState();
      skips.get(optional).add(build(repeat.body(), state));
      skips.get(optional).add(end);
      state = optional;
    }
    for (int i = 0; i < repeat.min(); i++) {
      state = build(repeat.body(), state);
    }
    return state;
  }

  private States closure(Set<Integer> from) {
    BitSet seen = new BitSet();
    Deque<Integer> work = new ArrayDeque<>(from);
    while (!work.isEmpty()) {
      int state = work.remove();
      if (!seen.get(state)) {
        seen.set(state);
        work.addAll(skips.get(state));
      }
    }
    // States that only lead on would tell equal sets apart.
    List<Integer> kept =
        seen.stream().filter(s -> s == 0 || !edges.get(s).isEmpty()).boxed().toList();
    members += kept.size() + 1;
    if (members > Limits.CHARACTER_STATE_MEMBERS) {
      throw new GrammarException(
          "a pattern is too ambiguous: its automaton has more than %d members; simplify it"
              .formatted(Limits.CHARACTER_STATE_MEMBERS));
    }
    return new States(kept);
  }

  private List<CharDfa.Move<States>> moves(States from) {
    TreeSet<Integer> cuts = new TreeSet<>();
    List<Edge> out = from.states().stream().flatMap(s -> edges.get(s).stream()).toList();
    Map<CharSet, Set<Integer>> bySet = new HashMap<>();
    for (Edge edge : out) {
      bySet.computeIfAbsent(edge.set(), s -> new HashSet<>()).add(edge.to());
    }
    for (CharSet set : bySet.keySet()) {
      for (int[] range : set.ranges()) {
        cuts.add(range[0]);
        cuts.add(range[1] + 1);
      }
    }
    int[] bounds = cuts.stream().mapToInt(Integer::intValue).toArray();
    List<Set<Integer>> targets = new ArrayList<>();
    for (int i = 0; i < bounds.length; i++) {
      targets.add(new HashSet<>());
    }
    bySet.forEach((set, to) -> {
      for (int[] range : set.ranges()) {
        int first = Arrays.binarySearch(bounds, range[0]);
        for (int i = first; bounds[i] <= range[1]; i++) {
          targets.get(i).addAll(to);
        }
      }
    });
    Map<Set<Integer>, List<CharSet>> segments = new HashMap<>();
    for (int i = 0; i + 1 < bounds.length; i++) {
      if (!targets.get(i).isEmpty()) {
        segments
            .computeIfAbsent(targets.get(i), t -> new ArrayList<>())
            .add(CharSet.range(bounds[i], bounds[i + 1] - 1));
      }
    }
    List<CharDfa.Move<States>> moves = new ArrayList<>();
    segments.forEach((to, sets) -> moves.add(new CharDfa.Move<>(CharSet.union(sets), closure(to))));
    return moves;
  }
}

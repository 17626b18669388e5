package org.lfm4j.sampling.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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

  /** A set of states, equal to others by its key. */
  private record States(int[] states, IntKey key) {
    @Override
    public boolean equals(Object other) {
      return other instanceof States that && key.equals(that.key);
    }

    @Override
    public int hashCode() {
      return key.hashCode();
    }

    boolean contains(int state) {
      return Arrays.binarySearch(states, state) >= 0;
    }
  }

  private final List<List<Edge>> edges = new ArrayList<>();
  private final List<List<Integer>> skips = new ArrayList<>();
  private final List<CharSet> classes = new ArrayList<>();
  private final Map<CharSet, BitSet> classesOf = new HashMap<>();
  private final Map<List<CharSet>, CharSet> unions = new HashMap<>();
  private int spent;

  private CharNfa() {}

  static CharDfa determinize(Expression expression) {
    CharNfa nfa = new CharNfa();
    int end = nfa.newState();
    int start = nfa.build(expression, end);
    nfa.classify();
    BitSet first = new BitSet();
    first.set(start);
    return CharDfa.explore(nfa.closure(first), nfa::moves, states -> states.contains(end));
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

  /** Characters that no edge tells apart, as sets; and for each edge's set, which of them. */
  private void classify() {
    TreeSet<Integer> cuts = new TreeSet<>();
    Set<CharSet> sets = new LinkedHashSet<>();
    edges.forEach(list -> list.forEach(edge -> sets.add(edge.set())));
    for (CharSet set : sets) {
      for (int[] range : set.ranges()) {
        cuts.add(range[0]);
        cuts.add(range[1] + 1);
      }
    }
    int[] bounds = cuts.stream().mapToInt(Integer::intValue).toArray();
    BitSet[] holders = new BitSet[bounds.length];
    Arrays.setAll(holders, i -> new BitSet());
    int index = 0;
    for (CharSet set : sets) {
      for (int[] range : set.ranges()) {
        for (int i = Arrays.binarySearch(bounds, range[0]); bounds[i] <= range[1]; i++) {
          spend(1);
          holders[i].set(index);
        }
      }
      index++;
    }
    Map<BitSet, List<CharSet>> byHolders = new LinkedHashMap<>();
    for (int i = 0; i + 1 < bounds.length; i++) {
      if (!holders[i].isEmpty()) {
        byHolders
            .computeIfAbsent(holders[i], h -> new ArrayList<>())
            .add(CharSet.range(bounds[i], bounds[i + 1] - 1));
      }
    }
    sets.forEach(set -> classesOf.put(set, new BitSet()));
    List<CharSet> order = List.copyOf(sets);
    byHolders.forEach((holder, parts) -> {
      holder.stream()
          .forEach(set -> classesOf.getOrDefault(order.get(set), new BitSet()).set(classes.size()));
      classes.add(CharSet.union(parts));
    });
  }

  private void spend(int work) {
    Budget.spend(work);
    spent += work;
    if (spent > Limits.CHARACTER_WORK) {
      throw new GrammarException(
          "a pattern takes more than %d steps to compile: simplify it or lower its repetition counts"
              .formatted(Limits.CHARACTER_WORK));
    }
  }

  private States closure(BitSet from) {
    BitSet seen = new BitSet();
    Deque<Integer> work = new ArrayDeque<>();
    from.stream().forEach(work::add);
    while (!work.isEmpty()) {
      int state = work.remove();
      if (!seen.get(state)) {
        spend(1);
        seen.set(state);
        work.addAll(skips.get(state));
      }
    }
    // States that only lead on would tell equal sets apart.
    int[] kept = seen.stream().filter(s -> s == 0 || !edges.get(s).isEmpty()).toArray();
    return new States(kept, new IntKey(kept));
  }

  private List<CharDfa.Move<States>> moves(States from) {
    Map<Integer, BitSet> targets = new LinkedHashMap<>();
    for (int state : from.states()) {
      for (Edge edge : edges.get(state)) {
        BitSet over = classesOf.getOrDefault(edge.set(), new BitSet());
        spend(1 + over.cardinality());
        over.stream().forEach(c -> targets.computeIfAbsent(c, k -> new BitSet()).set(edge.to()));
      }
    }
    Map<BitSet, List<CharSet>> byTarget = new LinkedHashMap<>();
    targets.forEach(
        (c, to) -> byTarget.computeIfAbsent(to, t -> new ArrayList<>()).add(classes.get(c)));
    List<CharDfa.Move<States>> moves = new ArrayList<>();
    byTarget.forEach((to, sets) ->
        moves.add(
            new CharDfa.Move<>(
                sets.size() == 1 ? sets.getFirst() : unions.computeIfAbsent(sets, CharSet::union),
                closure(to))));
    return moves;
  }
}

package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A deterministic automaton over code points, for what needs intersections and complements:
 * patterns with lengths, keys besides the named ones, ranges of numbers.
 */
final class CharDfa {
  /** Accepts every text. */
  static final CharDfa ALL =
      explore(0, state -> List.of(new Move<>(CharSet.ALL, 0)), state -> true);

  private static final int DEAD = -1;

  /** One way on; the sets of a state's moves are disjoint. */
  record Move<S>(CharSet set, S to) {}

  private record Pair(int left, int right) {}

  private final List<Map<Integer, CharSet>> moves;
  private final List<Boolean> accepting;

  private CharDfa(List<Map<Integer, CharSet>> moves, List<Boolean> accepting) {
    this.moves = moves;
    this.accepting = accepting;
  }

  /** Builds the states that can be reached from a start. */
  static <S> CharDfa explore(S start, Function<S, List<Move<S>>> step, Predicate<S> accepts) {
    Map<S, Integer> indices = new HashMap<>();
    List<S> states = new ArrayList<>(List.of(start));
    indices.put(start, 0);
    List<Map<Integer, CharSet>> moves = new ArrayList<>();
    List<Boolean> accepting = new ArrayList<>();
    for (int i = 0; i < states.size(); i++) {
      if (i == Limits.CHARACTER_STATES) {
        throw new GrammarException(
            "a pattern, together with what is combined with it, needs more than %d states: simplify it or lower its repetition counts and lengths"
                .formatted(Limits.CHARACTER_STATES));
      }
      Map<Integer, CharSet> from = new LinkedHashMap<>();
      for (Move<S> move : step.apply(states.get(i))) {
        if (!move.set().isEmpty()) {
          Budget.spend(1 + move.set().size());
          Integer to = indices.get(move.to());
          if (to == null) {
            to = states.size();
            indices.put(move.to(), to);
            states.add(move.to());
          }
          from.merge(to, move.set(), CharSet::or);
        }
      }
      moves.add(from);
      accepting.add(accepts.test(states.get(i)));
    }
    return new CharDfa(moves, accepting);
  }

  /** Accepts exactly these texts. */
  static CharDfa literals(Iterable<String> texts) {
    List<Expression> options = new ArrayList<>();
    texts.forEach(text -> options.add(new Expression.Text(text)));
    return CharNfa.determinize(new Expression.Choice(options));
  }

  /** Accepts texts of at least {@code min} and at most {@code max} characters. */
  static CharDfa length(int min, int max) {
    int last = max == Expression.UNBOUNDED ? min : max;
    return explore(
        0,
        n -> {
          if (n < last) {
            return List.of(new Move<>(CharSet.ALL, n + 1));
          }
          return max == Expression.UNBOUNDED
              ? List.of(new Move<>(CharSet.ALL, n))
              : List.<Move<Integer>>of();
        },
        n -> n >= min);
  }

  int start() {
    return 0;
  }

  int states() {
    return moves.size();
  }

  boolean accepts(int state) {
    return accepting.get(state);
  }

  /** Returns where a state leads, and over which characters. */
  Map<Integer, CharSet> moves(int state) {
    return moves.get(state);
  }

  /** Returns the state after a code point, or a negative number. */
  int step(int state, int codePoint) {
    for (Map.Entry<Integer, CharSet> move : moves.get(state).entrySet()) {
      if (move.getValue().contains(codePoint)) {
        return move.getKey();
      }
    }
    return DEAD;
  }

  boolean accepts(String text) {
    int state = 0;
    for (int codePoint : text.codePoints().toArray()) {
      state = step(state, codePoint);
      if (state == DEAD) {
        return false;
      }
    }
    return accepting.get(state);
  }

  CharDfa and(CharDfa other) {
    return explore(
        new Pair(0, 0),
        pair -> {
          List<Move<Pair>> both = new ArrayList<>();
          moves
              .get(pair.left())
              .forEach((left, set) ->
                  other
                      .moves
                      .get(pair.right())
                      .forEach((right, otherSet) ->
                          both.add(new Move<>(set.and(otherSet), new Pair(left, right)))));
          return both;
        },
        pair -> accepting.get(pair.left()) && other.accepting.get(pair.right()));
  }

  CharDfa not() {
    return explore(
        0,
        state -> {
          List<Move<Integer>> all = new ArrayList<>();
          if (state == DEAD) {
            return List.of(new Move<>(CharSet.ALL, DEAD));
          }
          CharSet left = CharSet.ALL;
          for (Map.Entry<Integer, CharSet> move : moves.get(state).entrySet()) {
            all.add(new Move<>(move.getValue(), move.getKey()));
            left = left.minus(move.getValue());
          }
          all.add(new Move<>(left, DEAD));
          return all;
        },
        state -> state == DEAD || !accepting.get(state));
  }

  /**
   * Returns whether no text is accepted: all states can be reached, so one that accepts is enough.
   */
  boolean isEmpty() {
    return !accepting.contains(true);
  }

  /** Begins after one code point and accepts where another one would be accepted. */
  CharDfa between(int before, int after) {
    return explore(
        step(0, before),
        state -> {
          List<Move<Integer>> inside = new ArrayList<>();
          if (state != DEAD) {
            moves.get(state).forEach((to, set) -> inside.add(new Move<>(set.and(CharSet.ALL), to)));
          }
          return inside;
        },
        state -> state != DEAD && endsWith(state, after));
  }

  private boolean endsWith(int state, int codePoint) {
    int end = step(state, codePoint);
    return end != DEAD && accepting.get(end);
  }
}

package org.lfm4j.sampling.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/**
 * Makes sure that an automaton can be followed without ever getting stuck: what the vocabulary
 * can't write or what never comes to an end is cut off, and no rule may begin with itself.
 */
final class AutomatonCheck {
  private final Automaton automaton;
  private final BitSet endingRules = new BitSet();
  private final BitSet nullableRules = new BitSet();

  private AutomatonCheck(Automaton automaton) {
    this.automaton = automaton;
  }

  /**
   * Checks and trims.
   *
   * @param writable bytes that are tokens of their own, and so can follow anything
   * @throws GrammarException if nothing is left, or if a rule is left-recursive
   */
  static void trim(Automaton automaton, BitSet writable) {
    AutomatonCheck check = new AutomatonCheck(automaton);
    check.cutUnwritable(writable);
    BitSet ending = check.statesThatReachTheEnd(check.endingRules, true);
    if (!check.endingRules.get(0)) {
      throw new GrammarException(
          "no output can satisfy the grammar: parts of it contradict each other, or a rule never comes to an end");
    }
    check.cut(ending);
    check.statesThatReachTheEnd(check.nullableRules, false);
    check.refuseLeftRecursion();
  }

  private void cutUnwritable(BitSet writable) {
    for (int state = 0; state < automaton.states(); state++) {
      List<int[]> pieces = new ArrayList<>();
      automaton.keepEdges(
          state,
          edge -> {
            if (automaton.kind(edge) != Automaton.BYTES
                || writable.nextClearBit(automaton.low(edge)) > automaton.high(edge)) {
              return true;
            }
            writable.stream()
                .filter(b -> b >= automaton.low(edge) && b <= automaton.high(edge))
                .forEach(b -> pieces.add(new int[] {b, automaton.target(edge)}));
            return false;
          });
      for (int[] piece : pieces) {
        automaton.addEdge(state, Automaton.BYTES, piece[0], piece[0], piece[1]);
      }
    }
  }

  /**
   * Finds the states from which the end of their rule can be reached.
   *
   * @param rules set to those whose start is among them
   * @param consuming whether edges that consume something may be taken
   */
  private BitSet statesThatReachTheEnd(BitSet rules, boolean consuming) {
    int[] firstBack = new int[automaton.states()];
    Arrays.fill(firstBack, -1);
    List<int[]> back = new ArrayList<>();
    int[] firstCall = new int[automaton.rules()];
    Arrays.fill(firstCall, -1);
    for (int state = 0; state < automaton.states(); state++) {
      for (int e = automaton.firstEdge(state); e != Automaton.NO_EDGE; e = automaton.nextEdge(e)) {
        int kind = automaton.kind(e);
        if (kind == Automaton.EMPTY || kind == Automaton.CALL || consuming) {
          int rule = kind == Automaton.CALL ? automaton.low(e) : -1;
          int to = automaton.target(e);
          back.add(new int[] {state, to, rule, firstBack[to], rule < 0 ? -1 : firstCall[rule]});
          firstBack[to] = back.size() - 1;
          if (rule >= 0) {
            firstCall[rule] = back.size() - 1;
          }
        }
      }
    }
    BitSet reached = new BitSet(automaton.states());
    Deque<Integer> work = new ArrayDeque<>();
    for (int rule = 0; rule < automaton.rules(); rule++) {
      work.add(automaton.end(rule));
    }
    List<List<Integer>> rulesByStart = rulesByStart();
    while (!work.isEmpty()) {
      int state = work.remove();
      if (reached.get(state)) {
        continue;
      }
      reached.set(state);
      for (int i = firstBack[state]; i >= 0; i = back.get(i)[3]) {
        int rule = back.get(i)[2];
        if (rule < 0 || rules.get(rule)) {
          work.add(back.get(i)[0]);
        }
      }
      for (int rule : rulesByStart.get(state)) {
        rules.set(rule);
        for (int i = firstCall[rule]; i >= 0; i = back.get(i)[4]) {
          if (reached.get(back.get(i)[1])) {
            work.add(back.get(i)[0]);
          }
        }
      }
    }
    return reached;
  }

  private List<List<Integer>> rulesByStart() {
    List<List<Integer>> rules = new ArrayList<>();
    for (int state = 0; state < automaton.states(); state++) {
      rules.add(List.of());
    }
    for (int rule = 0; rule < automaton.rules(); rule++) {
      List<Integer> here = new ArrayList<>(rules.get(automaton.start(rule)));
      here.add(rule);
      rules.set(automaton.start(rule), here);
    }
    return rules;
  }

  private void cut(BitSet ending) {
    for (int state = 0; state < automaton.states(); state++) {
      automaton.keepEdges(
          state,
          edge ->
              ending.get(automaton.target(edge))
                  && (automaton.kind(edge) != Automaton.CALL
                      || endingRules.get(automaton.low(edge))));
    }
  }

  /** Looks for a way from a rule's start to a call of itself on which nothing is consumed. */
  private void refuseLeftRecursion() {
    List<BitSet> firstCalls = new ArrayList<>();
    for (int rule = 0; rule < automaton.rules(); rule++) {
      firstCalls.add(callsAtStart(rule));
    }
    int[] color = new int[automaton.rules()];
    for (int rule = 0; rule < color.length; rule++) {
      visit(rule, firstCalls, color);
    }
  }

  private BitSet callsAtStart(int rule) {
    BitSet calls = new BitSet();
    BitSet seen = new BitSet();
    Deque<Integer> work = new ArrayDeque<>(List.of(automaton.start(rule)));
    while (!work.isEmpty()) {
      int state = work.remove();
      if (seen.get(state)) {
        continue;
      }
      seen.set(state);
      for (int e = automaton.firstEdge(state); e != Automaton.NO_EDGE; e = automaton.nextEdge(e)) {
        boolean call = automaton.kind(e) == Automaton.CALL;
        if (call) {
          calls.set(automaton.low(e));
        }
        if (automaton.kind(e) == Automaton.EMPTY || (call && nullableRules.get(automaton.low(e)))) {
          work.add(automaton.target(e));
        }
      }
    }
    return calls;
  }

  /** A depth-first search without recursion: rules may refer to each other in long chains. */
  private void visit(int from, List<BitSet> firstCalls, int[] color) {
    Deque<Integer> path = new ArrayDeque<>(List.of(from));
    while (!path.isEmpty()) {
      int rule = path.peek();
      if (color[rule] == 2) {
        path.pop();
        continue;
      }
      if (color[rule] == 1) {
        color[rule] = 2;
        path.pop();
        continue;
      }
      color[rule] = 1;
      firstCalls.get(rule).stream()
          .filter(next -> color[next] != 2)
          .forEach(next -> {
            if (color[next] == 1) {
              throw new GrammarException(
                  "rule %s is left-recursive: it begins with itself; let it begin with what comes first and repeat the rest"
                      .formatted(automaton.ruleName(next)));
            }
            path.push(next);
          });
    }
  }
}

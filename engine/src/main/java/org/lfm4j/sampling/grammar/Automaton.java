package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * The automata of all rules in flat arrays. A state belongs to one rule; its edges consume nothing,
 * a byte of a range, a control token, or what another rule derives.
 */
final class Automaton {
  static final int EMPTY = 0;
  static final int BYTES = 1;
  static final int TOKEN = 2;
  static final int CALL = 3;

  /** End of the list of a state's edges. */
  static final int NO_EDGE = -1;

  private int[] firstEdge = new int[64];
  private int states;
  private int[] nextEdge = new int[64];
  private byte[] kind = new byte[64];
  private int[] low = new int[64];
  private int[] high = new int[64];
  private int[] target = new int[64];
  private int edges;

  private final List<String> ruleNames = new ArrayList<>();
  private int[] starts = new int[16];
  private int[] ends = new int[16];

  int newState() {
    if (states == Limits.STATES) {
      throw new GrammarException(
          "the grammar needs more than %d states: lower its repetition counts (maxLength, maxItems, {n,m}) or split it"
              .formatted(Limits.STATES));
    }
    if (states == firstEdge.length) {
      firstEdge = Arrays.copyOf(firstEdge, 2 * states);
    }
    firstEdge[states] = NO_EDGE;
    return states++;
  }

  void addEdge(int from, int edgeKind, int lowLabel, int highLabel, int to) {
    Budget.spend(1);
    if (edges == Limits.EDGES) {
      throw new GrammarException(
          "the grammar needs more than %d edges: lower its repetition counts or use smaller character classes"
              .formatted(Limits.EDGES));
    }
    if (edges == target.length) {
      nextEdge = Arrays.copyOf(nextEdge, 2 * edges);
      kind = Arrays.copyOf(kind, 2 * edges);
      low = Arrays.copyOf(low, 2 * edges);
      high = Arrays.copyOf(high, 2 * edges);
      target = Arrays.copyOf(target, 2 * edges);
    }
    kind[edges] = (byte) edgeKind;
    low[edges] = lowLabel;
    high[edges] = highLabel;
    target[edges] = to;
    nextEdge[edges] = firstEdge[from];
    firstEdge[from] = edges++;
  }

  /** Adds a rule whose start is set later; the first one is the root. */
  int addRule(String name) {
    int rule = ruleNames.size();
    if (rule == Limits.RULES) {
      throw new GrammarException(
          "the grammar has more than %d rules: split it".formatted(Limits.RULES));
    }
    if (rule == starts.length) {
      starts = Arrays.copyOf(starts, 2 * rule);
      ends = Arrays.copyOf(ends, 2 * rule);
    }
    ruleNames.add(name);
    ends[rule] = newState();
    return rule;
  }

  void setStart(int rule, int state) {
    starts[rule] = state;
  }

  int states() {
    return states;
  }

  int rules() {
    return ruleNames.size();
  }

  String ruleName(int rule) {
    return ruleNames.get(rule);
  }

  int start(int rule) {
    return starts[rule];
  }

  int end(int rule) {
    return ends[rule];
  }

  int firstEdge(int state) {
    return firstEdge[state];
  }

  int nextEdge(int edge) {
    return nextEdge[edge];
  }

  int kind(int edge) {
    return kind[edge];
  }

  /** The first byte of the range, the control token, or the rule. */
  int low(int edge) {
    return low[edge];
  }

  /** The last byte of the range. */
  int high(int edge) {
    return high[edge];
  }

  int target(int edge) {
    return target[edge];
  }

  /** Keeps the edges of a state that a condition holds for. */
  void keepEdges(int state, IntPredicate condition) {
    int kept = NO_EDGE;
    for (int edge = firstEdge[state]; edge != NO_EDGE; ) {
      int following = nextEdge[edge];
      if (condition.test(edge)) {
        nextEdge[edge] = kept;
        kept = edge;
      }
      edge = following;
    }
    firstEdge[state] = kept;
  }
}

package org.lfm4j.sampling.grammar;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Determinizes the automata of rules as they are visited. Guarded by its grammar's lock. */
final class LocalStates {
  private final Automaton automaton;
  private final BitSet ends = new BitSet();
  private final Map<IntKey, LocalState> interned = new HashMap<>();
  private final Map<Integer, LocalState> starts = new HashMap<>();
  private int ids = LocalState.DEAD.id();

  /** When a state was last seen, instead of a set that is cleared for each closure. */
  private final int[] seen;

  private int closures;
  private int[] found = new int[64];

  LocalStates(Automaton automaton) {
    this.automaton = automaton;
    this.seen = new int[automaton.states()];
    for (int rule = 0; rule < automaton.rules(); rule++) {
      ends.set(automaton.end(rule));
    }
  }

  LocalState start(int rule) {
    return starts.computeIfAbsent(rule, r -> closure(new int[] {automaton.start(r)}, 1));
  }

  /** Returns the state after a byte, {@link LocalState#DEAD} if there is none. */
  LocalState step(LocalState from, int value) {
    int[] targets = new int[8];
    int count = 0;
    for (int state : from.states()) {
      for (int e = automaton.firstEdge(state); e != Automaton.NO_EDGE; e = automaton.nextEdge(e)) {
        if (automaton.kind(e) == Automaton.BYTES
            && automaton.low(e) <= value
            && value <= automaton.high(e)) {
          targets = count == targets.length ? Arrays.copyOf(targets, 2 * count) : targets;
          targets[count++] = automaton.target(e);
        }
      }
    }
    return closure(targets, count);
  }

  /**
   * Returns where edges of a kind other than bytes lead.
   *
   * @return by rule for calls, by id for tokens
   */
  Map<Integer, LocalState> others(LocalState from, int kind) {
    Map<Integer, int[]> targets = new TreeMap<>();
    for (int state : from.states()) {
      for (int e = automaton.firstEdge(state); e != Automaton.NO_EDGE; e = automaton.nextEdge(e)) {
        if (automaton.kind(e) == kind) {
          int target = automaton.target(e);
          targets.merge(
              automaton.low(e),
              new int[] {target},
              (a, b) -> {
                int[] both = Arrays.copyOf(a, a.length + 1);
                both[a.length] = target;
                return both;
              });
        }
      }
    }
    Map<Integer, LocalState> states = new TreeMap<>();
    targets.forEach((label, to) -> states.put(label, closure(to, to.length)));
    return states;
  }

  private LocalState closure(int[] seeds, int seedCount) {
    if (seedCount == 0) {
      return LocalState.DEAD;
    }
    closures++;
    int count = 0;
    for (int i = 0; i < seedCount; i++) {
      count = visit(seeds[i], count);
    }
    int kept = 0;
    boolean accepting = false;
    boolean goesOn = false;
    boolean reads = false;
    for (int i = 0; i < count; i++) {
      int state = found[i];
      boolean end = ends.get(state);
      boolean keep = end;
      for (int e = automaton.firstEdge(state); e != Automaton.NO_EDGE; e = automaton.nextEdge(e)) {
        if (automaton.kind(e) == Automaton.EMPTY) {
          count = visit(automaton.target(e), count);
        } else {
          keep = true;
          goesOn = true;
          reads |= automaton.kind(e) != Automaton.CALL;
        }
      }
      accepting |= end;
      if (keep) {
        found[kept++] = state;
      }
    }
    int[] states = Arrays.copyOf(found, kept);
    Arrays.sort(states);
    boolean ending = accepting;
    boolean more = goesOn;
    boolean reading = reads;
    return interned.computeIfAbsent(
        new IntKey(states), key -> new LocalState(++ids, states, ending, more, reading));
  }

  private int visit(int state, int count) {
    if (seen[state] == closures) {
      return count;
    }
    seen[state] = closures;
    if (count == found.length) {
      found = Arrays.copyOf(found, 2 * count);
    }
    found[count] = state;
    return count + 1;
  }

  int size() {
    return interned.size();
  }

  /** Forgets all states; those still in use stay good, only no longer unique. */
  void clear() {
    interned.clear();
    starts.clear();
  }
}

package org.lfm4j.sampling.grammar;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs a grammar on bytes: a pushdown automaton that follows all ways at once, its stacks shared as
 * in generalized LR parsing (Tomita's graph-structured stack). What has been visited is remembered,
 * so that the next visit is one array access. Guarded by its grammar's lock.
 */
final class Machine {
  /** About what a configuration takes, most of it for the ways on. */
  private static final int CONFIGURATION_BYTES = 1200;

  private static final int MOST_LOCAL_STATES = 50_000;

  private final LocalStates locals;
  private final int mostBytes;
  private final Map<Long, Frame> frames = new HashMap<>();
  private final Map<IntKey, ParentSet> parentSets = new HashMap<>();
  private final Map<IntKey, Configuration> configurations = new HashMap<>();
  private long usedBytes;
  private int ids = Frame.BELOW_ROOT.id();

  Machine(Automaton automaton, int mostBytes) {
    this.mostBytes = mostBytes;
    this.locals = new LocalStates(automaton);
  }

  Configuration start() {
    return closed(locals.start(0));
  }

  /** Returns the configuration of one local state with all that it may call, below it nothing. */
  Configuration closed(LocalState state) {
    Closure closure = new Closure();
    closure.add(state, Frame.BELOW_ROOT);
    return closure.finish();
  }

  /** Returns the configuration of one local state alone, without what it may call at once. */
  Configuration alone(LocalState state) {
    return new Configuration(new LocalState[] {state}, new ParentSet[] {Frame.BELOW_ROOT}, false);
  }

  /** Returns what follows after a byte, {@link Configuration#DEAD} if it is not allowed. */
  Configuration step(Configuration from, int value) {
    Configuration known = from.next[value];
    if (known != null) {
      return known;
    }
    Closure closure = new Closure();
    for (int i = 0; i < from.states.length; i++) {
      LocalState to = locals.step(from.states[i], value);
      if (to != LocalState.DEAD) {
        closure.add(to, from.parents[i]);
      }
    }
    Configuration next = closure.finish();
    from.next[value] = next;
    return next;
  }

  /** Returns the control tokens that may come next, and what follows them. */
  Map<Integer, Configuration> tokens(Configuration from) {
    Map<Integer, Configuration> known = from.tokens();
    if (known != null) {
      return known;
    }
    Map<Integer, Closure> closures = new TreeMap<>();
    for (int i = 0; i < from.states.length; i++) {
      ParentSet parents = from.parents[i];
      locals
          .others(from.states[i], Automaton.TOKEN)
          .forEach(
              (token, to) -> closures.computeIfAbsent(token, t -> new Closure()).add(to, parents));
    }
    Map<Integer, Configuration> tokens = new TreeMap<>();
    closures.forEach((token, closure) -> tokens.put(token, closure.finish()));
    from.setTokens(tokens);
    return tokens;
  }

  /** Counts what is remembered besides, as long as configurations are. */
  void use(int bytes) {
    usedBytes += bytes;
  }

  /** Forgets what was visited once it has grown too large. Those still in use stay good. */
  private void bound() {
    if (usedBytes > mostBytes || locals.size() > MOST_LOCAL_STATES) {
      usedBytes = 0;
      configurations.clear();
      parentSets.clear();
      frames.clear();
      locals.clear();
    }
  }

  private Frame frame(LocalState returnTo, ParentSet parents) {
    long key = ((long) returnTo.id() << 32) | parents.id();
    return frames.computeIfAbsent(key, k -> new Frame(++ids, returnTo, parents));
  }

  private ParentSet parentSet(Map<Integer, Frame> byId) {
    int[] key = byId.keySet().stream().mapToInt(Integer::intValue).toArray();
    return parentSets.computeIfAbsent(
        new IntKey(key), k -> new ParentSet(++ids, byId.values().toArray(new Frame[0])));
  }

  private ParentSet single(Frame frame) {
    return parentSets.computeIfAbsent(
        new IntKey(new int[] {frame.id()}), k -> new ParentSet(++ids, new Frame[] {frame}));
  }

  private ParentSet union(ParentSet a, ParentSet b) {
    Map<Integer, Frame> both = new TreeMap<>();
    for (ParentSet set : List.of(a, b)) {
      for (Frame frame : set.frames()) {
        both.put(frame.id(), frame);
      }
    }
    return both.size() == a.frames().length ? a : parentSet(both);
  }

  /** Calls and returns until only what consumes something is left. */
  private final class Closure {
    private final Map<LocalState, ParentSet> items =
        new TreeMap<>(Comparator.comparingInt(LocalState::id));
    private final Deque<LocalState> work = new ArrayDeque<>();
    private boolean accepting;
    private int effort;

    void add(LocalState state, ParentSet parents) {
      effort += parents.frames().length;
      if (effort > Limits.AMBIGUITY) {
        throw new GrammarException(
            "the grammar is too ambiguous: the output so far can be read in more than %d ways; let its alternatives differ earlier"
                .formatted(Limits.AMBIGUITY));
      }
      ParentSet before = items.get(state);
      ParentSet after = before == null || before == parents ? parents : union(before, parents);
      if (after != before) {
        items.put(state, after);
        work.add(state);
      }
    }

    Configuration finish() {
      while (!work.isEmpty()) {
        expand(work.remove());
      }
      if (items.isEmpty()) {
        return Configuration.DEAD;
      }
      items.keySet().removeIf(state -> !state.reads());
      return intern();
    }

    private void expand(LocalState state) {
      ParentSet parents = items.getOrDefault(state, Frame.BELOW_ROOT);
      if (state.accepting()) {
        for (Frame frame : parents.frames()) {
          if (frame == Frame.BOTTOM) {
            accepting = true;
          } else {
            add(frame.returnTo(), frame.parents());
          }
        }
      }
      locals
          .others(state, Automaton.CALL)
          .forEach((rule, returnTo) -> {
            // A call that is the last thing of its rule needs no way back to it.
            boolean last = returnTo.accepting() && !returnTo.goesOn();
            add(locals.start(rule), last ? parents : single(frame(returnTo, parents)));
          });
    }

    private Configuration intern() {
      LocalState[] states = items.keySet().toArray(new LocalState[0]);
      ParentSet[] parents = items.values().toArray(new ParentSet[0]);
      int[] key = new int[2 * states.length + 1];
      for (int i = 0; i < states.length; i++) {
        key[2 * i] = states[i].id();
        key[2 * i + 1] = parents[i].id();
      }
      key[2 * states.length] = accepting ? 1 : 0;
      IntKey intKey = new IntKey(key);
      Configuration known = configurations.get(intKey);
      if (known == null) {
        bound();
        use(CONFIGURATION_BYTES);
        known = new Configuration(states, parents, accepting);
        configurations.put(intKey, known);
      }
      return known;
    }
  }
}

package org.lfm4j.sampling.grammar;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which tokens may follow. The vocabulary is walked once for each local state, whatever waits below
 * it: tokens that stay inside the rule are known then, and for those that end it, the nodes of the
 * trie where they do. Only what is below such a node depends on the rules that wait, and that is
 * walked (and remembered) for them in turn. Guarded by its grammar's lock.
 */
final class Masks {
  private static final int MOST_BYTES = 8 << 20;

  /** What one local state reads from one node of the trie on. */
  private record Reach(TokenBits tokens, int[] returns) {}

  private record Place(int state, int node) {}

  private final TokenTrie trie;
  private final Machine machine;
  private final Configuration[] path;
  private final Map<Place, Reach> reaches = new HashMap<>();
  private int usedBytes;

  /** What {@link #walk} collects. */
  private int[] returns = new int[64];

  private int returnCount;

  Masks(TokenTrie trie, Machine machine) {
    this.trie = trie;
    this.machine = machine;
    this.path = new Configuration[trie.longest() + 1];
  }

  TokenBits maskOf(Configuration configuration) {
    TokenBits known = configuration.mask();
    if (known != null) {
      return known;
    }
    TokenBits mask = new TokenBits(trie.vocabSize());
    Set<Place> done = new HashSet<>();
    for (int i = 0; i < configuration.states.length; i++) {
      LocalState state = configuration.states[i];
      Reach reach = reach(new Place(state.id(), TokenTrie.ROOT), machine.alone(state));
      collect(reach, configuration.parents[i], mask, done);
    }
    machine.tokens(configuration).keySet().forEach(mask::add);
    if (configuration.accepting) {
      trie.endTokens().forEach(mask::add);
    }
    configuration.setMask(mask);
    return mask;
  }

  private void collect(Reach reach, ParentSet parents, TokenBits mask, Set<Place> done) {
    mask.addAll(reach.tokens());
    for (int node : reach.returns()) {
      for (Frame frame : parents.frames()) {
        if (frame != Frame.BOTTOM && done.add(new Place(frame.id(), node))) {
          LocalState state = frame.returnTo();
          Reach below = reach(new Place(state.id(), node), machine.closed(state));
          collect(below, frame.parents(), mask, done);
        }
      }
    }
  }

  private Reach reach(Place place, Configuration from) {
    Reach known = reaches.get(place);
    if (known == null) {
      known = walk(from, place.node());
      usedBytes += known.tokens().bytes() + known.returns().length * Integer.BYTES;
      if (usedBytes > MOST_BYTES) {
        reaches.clear();
        usedBytes = 0;
      }
      reaches.put(place, known);
    }
    return known;
  }

  private Reach walk(Configuration from, int top) {
    TokenBits tokens = new TokenBits(trie.vocabSize());
    returnCount = 0;
    if (from.accepting) {
      addReturn(top);
    }
    path[0] = from;
    int base = trie.depth(top);
    int end = trie.subtreeEnd(top);
    for (int node = top + 1; node < end; ) {
      int depth = trie.depth(node) - base;
      Configuration here = machine.step(path[depth - 1], trie.label(node));
      if (here == Configuration.DEAD) {
        node = trie.subtreeEnd(node);
        continue;
      }
      path[depth] = here;
      for (int i = trie.firstToken(node); i < trie.firstToken(node + 1); i++) {
        tokens.add(trie.token(i));
      }
      if (here.accepting && trie.subtreeEnd(node) > node + 1) {
        addReturn(node);
      }
      node++;
    }
    return new Reach(tokens, Arrays.copyOf(returns, returnCount));
  }

  private void addReturn(int node) {
    if (returnCount == returns.length) {
      returns = Arrays.copyOf(returns, 2 * returnCount);
    }
    returns[returnCount++] = node;
  }
}

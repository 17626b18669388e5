package org.lfm4j.sampling.grammar;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which tokens may follow. The vocabulary is walked once for each local state, whatever waits below
 * it: tokens that stay inside the rule are known then, and for those that end it, the nodes of the
 * trie where they do. Only what is below such a node depends on the rules that wait, and that is
 * walked (and remembered) for them in turn. Guarded by its grammar's lock.
 */
final class Masks {
  private static final int MOST_BYTES = 8 << 20;

  /**
   * What one local state reads from one node of the trie on.
   *
   * @param few the tokens, if they are few
   * @param many the tokens, if they are many
   * @param returns nodes where its rule may end
   */
  private record Reach(int[] few, Optional<TokenBits> many, int[] returns) {
    int bytes() {
      return Integer.BYTES * (few.length + returns.length) + many.map(TokenBits::bytes).orElse(0);
    }
  }

  private record Place(int state, int node) {}

  private final TokenTrie trie;
  private final Machine machine;
  private final Configuration[] path;
  private final Map<Place, Reach> reaches = new HashMap<>();
  private int usedBytes;

  /** What {@link #walk} collects. */
  private int[] returns = new int[64];

  private int returnCount;
  private int[] tokens = new int[64];
  private int tokenCount;

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
    machine.use(mask.bytes());
    return mask;
  }

  private void collect(Reach reach, ParentSet parents, TokenBits mask, Set<Place> done) {
    for (int token : reach.few()) {
      mask.add(token);
    }
    reach.many().ifPresent(mask::addAll);
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
      usedBytes += known.bytes();
      if (usedBytes > MOST_BYTES) {
        reaches.clear();
        usedBytes = 0;
      }
      reaches.put(place, known);
    }
    return known;
  }

  private Reach walk(Configuration from, int top) {
    tokenCount = 0;
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
        addToken(trie.token(i));
      }
      if (here.accepting && trie.subtreeEnd(node) > node + 1) {
        addReturn(node);
      }
      node++;
    }
    return found();
  }

  private Reach found() {
    int[] returning = Arrays.copyOf(returns, returnCount);
    if (tokenCount <= trie.vocabSize() / Integer.SIZE) {
      return new Reach(Arrays.copyOf(tokens, tokenCount), Optional.empty(), returning);
    }
    TokenBits bits = new TokenBits(trie.vocabSize());
    for (int i = 0; i < tokenCount; i++) {
      bits.add(tokens[i]);
    }
    return new Reach(new int[0], Optional.of(bits), returning);
  }

  private void addToken(int token) {
    if (tokenCount == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * tokenCount);
    }
    tokens[tokenCount++] = token;
  }

  private void addReturn(int node) {
    if (returnCount == returns.length) {
      returns = Arrays.copyOf(returns, 2 * returnCount);
    }
    returns[returnCount++] = node;
  }
}

package org.lfm4j.sampling.grammar;

/**
 * A compiled grammar for one vocabulary, to be shared by all requests that use it. What is found
 * out about its states on the way is remembered, up to some 25 MB. Thread-safe.
 */
public final class Grammar {
  private static final int MOST_BYTES = 16 << 20;

  private final TokenTrie trie;
  private final Machine machine;
  private final Masks masks;

  /**
   * Compiles rules.
   *
   * @throws GrammarException if nothing satisfies them, or a limit is exceeded
   */
  Grammar(Rule root, TokenTrie trie) {
    this(root, trie, MOST_BYTES);
  }

  /** Compiles rules, and remembers no more of their configurations than this. */
  Grammar(Rule root, TokenTrie trie, int mostBytes) {
    this.trie = trie;
    Automaton automaton = AutomatonBuilder.build(root);
    AutomatonCheck.trim(automaton, trie.writable());
    this.machine = new Machine(automaton, mostBytes);
    this.masks = new Masks(trie, machine);
  }

  /** Returns a matcher that stands at the beginning. */
  public GrammarMatcher newMatcher() {
    return new GrammarMatcher(this, start());
  }

  /** Returns the number of logits that its masks are for. */
  public int vocabSize() {
    return trie.vocabSize();
  }

  // Not kept: from here everything that was ever visited could be reached, forgotten or not.
  synchronized Configuration start() {
    return machine.start();
  }

  boolean isEnd(int token) {
    return trie.endTokens().contains(token);
  }

  synchronized TokenBits mask(Configuration configuration) {
    return masks.maskOf(configuration);
  }

  synchronized boolean knowsMask(Configuration configuration) {
    return configuration.mask() != null;
  }

  /** Returns what follows after a token, {@link Configuration#DEAD} if it is not allowed. */
  synchronized Configuration step(Configuration from, int token) {
    byte[] bytes = trie.bytes(token);
    if (bytes.length == 0) {
      return machine.tokens(from).getOrDefault(token, Configuration.DEAD);
    }
    return step(from, bytes);
  }

  synchronized Configuration step(Configuration from, byte[] bytes) {
    Configuration to = from;
    for (int i = 0; i < bytes.length && to != Configuration.DEAD; i++) {
      to = machine.step(to, bytes[i] & 0xff);
    }
    return to;
  }
}

package org.lfm4j.sampling.grammar;

/** How far one output has come in its grammar. Belongs to one thread at a time. */
public final class GrammarMatcher {
  private final Grammar grammar;
  private Configuration at;
  private boolean ended;

  GrammarMatcher(Grammar grammar, Configuration start) {
    this.grammar = grammar;
    this.at = start;
  }

  /**
   * Returns the tokens that may come next; never none, since each of them leads to where the
   * grammar can be completed. The first call in a new place walks the vocabulary, later ones and
   * those of others in the same place do not.
   *
   * @throws GrammarException if the grammar has become too ambiguous to be followed
   */
  public TokenBits mask() {
    return grammar.mask(at);
  }

  /** Returns whether {@link #mask} is known already. */
  public boolean knowsMask() {
    return grammar.knowsMask(at);
  }

  /** Returns whether the output must end here. */
  public boolean mustEnd() {
    return ended || (at.accepting && at.states.length == 0);
  }

  /** Returns whether an end token has been accepted. */
  public boolean ended() {
    return ended;
  }

  /**
   * Goes on by a token of {@link #mask}.
   *
   * @throws GrammarException if the token is not allowed
   */
  public void accept(int token) {
    if (at.accepting && grammar.isEnd(token)) {
      ended = true;
      return;
    }
    Configuration next = grammar.step(at, token);
    if (ended || next == Configuration.DEAD) {
      throw new GrammarException("token %d does not follow the grammar".formatted(token));
    }
    at = next;
  }
}

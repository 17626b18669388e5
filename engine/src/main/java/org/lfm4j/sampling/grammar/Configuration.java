package org.lfm4j.sampling.grammar;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a whole grammar may be: rules in progress, each with those that wait for it. Interned by
 * {@link Machine}; the ways on are remembered. Guarded by its grammar's lock.
 */
final class Configuration {
  /** From here nothing is possible. */
  static final Configuration DEAD = new Configuration(new LocalState[0], new ParentSet[0], false);

  final LocalState[] states;
  final ParentSet[] parents;

  /** Whether the output may end here. */
  final boolean accepting;

  /** By byte; null where it is not known yet. */
  final @Nullable Configuration[] next = new Configuration[256];

  private @Nullable Map<Integer, Configuration> tokens;
  private @Nullable TokenBits mask;

  Configuration(LocalState[] states, ParentSet[] parents, boolean accepting) {
    this.states = states;
    this.parents = parents;
    this.accepting = accepting;
  }

  @Nullable Map<Integer, Configuration> tokens() {
    return tokens;
  }

  void setTokens(Map<Integer, Configuration> byToken) {
    tokens = byToken;
  }

  @Nullable TokenBits mask() {
    return mask;
  }

  void setMask(TokenBits bits) {
    mask = bits;
  }
}

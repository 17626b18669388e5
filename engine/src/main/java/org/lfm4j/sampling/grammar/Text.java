package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.List;

/**
 * What strings a schema allows.
 *
 * @param min least length in code points
 * @param max greatest length, or {@link Expression#UNBOUNDED}
 * @param patterns what they must match, as automata over their characters
 */
record Text(int min, int max, List<CharDfa> patterns) {
  static final Text ANY = new Text(0, Expression.UNBOUNDED, List.of());

  Text atLeast(int length) {
    return new Text(Math.max(min, length), max, patterns);
  }

  Text atMost(int length) {
    int lower = max == Expression.UNBOUNDED ? length : Math.min(max, length);
    return new Text(min, lower, patterns);
  }

  Text matching(CharDfa pattern) {
    List<CharDfa> all = new ArrayList<>(patterns);
    all.add(pattern);
    return new Text(min, max, List.copyOf(all));
  }

  /** Returns all of it as one automaton. */
  CharDfa dfa() {
    CharDfa dfa = min == 0 && max == Expression.UNBOUNDED ? CharDfa.ALL : CharDfa.length(min, max);
    for (CharDfa pattern : patterns) {
      dfa = dfa == CharDfa.ALL ? pattern : dfa.and(pattern);
    }
    return dfa;
  }

  boolean isEmpty() {
    return (max != Expression.UNBOUNDED && min > max) || (!patterns.isEmpty() && dfa().isEmpty());
  }

  boolean accepts(String text) {
    int length = text.codePointCount(0, text.length());
    return length >= min
        && (max == Expression.UNBOUNDED || length <= max)
        && patterns.stream().allMatch(pattern -> pattern.accepts(text));
  }
}

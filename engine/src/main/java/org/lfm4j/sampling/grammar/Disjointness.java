package org.lfm4j.sampling.grammar;

import java.util.List;

/**
 * Proves that no value satisfies two alternatives of {@code oneOf}, which then is {@code anyOf}.
 */
final class Disjointness {
  private final Instances instances;

  Disjointness(Branches branches) {
    this.instances = new Instances(branches);
  }

  /**
   * Checks all pairs.
   *
   * @throws GrammarException if two alternatives may both hold, as far as can be seen
   */
  void require(Schema schema, List<Schema> options) {
    for (int i = 0; i < options.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (!instances.impossible(List.of(options.get(j), options.get(i)))) {
          throw schema.error(
              "keyword \"oneOf\" is supported only where no value can satisfy two alternatives, but numbers %d and %d may both hold: give them different const values of one required property, or use anyOf"
                  .formatted(j, i));
        }
      }
    }
  }
}

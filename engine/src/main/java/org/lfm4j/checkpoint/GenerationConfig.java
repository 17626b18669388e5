package org.lfm4j.checkpoint;

import java.util.Set;
import org.lfm4j.sampling.SamplingParams;

/**
 * Defaults that a model directory ships in generation_config.json.
 *
 * @param sampling used where a request says nothing
 * @param eosTokenIds ids that end a generation: those of generation_config.json or else of
 *     config.json
 */
public record GenerationConfig(SamplingParams sampling, Set<Integer> eosTokenIds) {

  /** Copies the ids. */
  public GenerationConfig {
    eosTokenIds = Set.copyOf(eosTokenIds);
  }
}

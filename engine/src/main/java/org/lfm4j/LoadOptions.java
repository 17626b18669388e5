package org.lfm4j;

import java.util.OptionalInt;

/**
 * How a model is loaded.
 *
 * @param maxModelLength longest sequence (prompt and output) served; empty takes the model's own
 * @param threads threads of the CPU runner; 0 takes all processors
 */
public record LoadOptions(OptionalInt maxModelLength, int threads) {

  /** The model's own context length, all processors. */
  public static final LoadOptions DEFAULT = new LoadOptions(OptionalInt.empty(), 0);
}

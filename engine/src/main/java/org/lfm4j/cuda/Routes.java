package org.lfm4j.cuda;

/**
 * Which experts the tokens of a step go to, as the router of a layer leaves it on the device.
 *
 * @param experts number of experts
 * @param perToken experts a token uses
 * @param offsets [experts + 3] where an expert's pairs begin, then two counters, zero
 * @param tokens [pairs] the token of each pair, in expert order
 * @param rows [T, perToken] where each pair of a token stands in that order
 */
record Routes(int experts, int perToken, long offsets, long tokens, long rows) {

  /** Returns where a product of the experts counts its tiles: product 0 or 1. */
  long counter(int product) {
    return offsets + 4L * (experts + 1 + product);
  }
}

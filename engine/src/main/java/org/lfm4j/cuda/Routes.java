package org.lfm4j.cuda;

/**
 * Which experts the tokens of a step go to, as the router of a layer leaves it on the device.
 *
 * @param experts number of experts
 * @param perToken experts a token uses
 * @param offsets [experts + 1] where an expert's pairs begin
 * @param tokens [pairs] the token of each pair, in expert order
 */
record Routes(int experts, int perToken, long offsets, long tokens) {}

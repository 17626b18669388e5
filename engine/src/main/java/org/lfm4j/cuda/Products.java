package org.lfm4j.cuda;

/**
 * Makes the matrix products of a model: out = a W^T over the weights as they are stored. A GPU has
 * two kinds: those of {@link PortableProducts} and, on Hopper, {@link HopperProducts}. Sizes: a is
 * [T, k], W [n, k]; all BF16.
 */
interface Products {

  /** Writes [T, n] in BF16 for all rows of the step. */
  Operator dense(long a, long w, long out, int n, int k);

  /** Writes the logits: [L, n] in FP32, for the rows that want them. */
  Operator logits(long a, long w, long out, int n, int k);

  /** Writes silu(a W1^T) * (a W3^T), [T, n]; W1 [n, k] and W3 [n, k] follow each other. */
  Operator gated(long a, long w13, long out, int n, int k);

  /**
   * The same for each (token, expert) pair, in expert order: [pairs, n]; W1 [E, n, k] and W3 [E, n,
   * k] follow each other.
   */
  Operator expertsGated(Routes routes, long a, long w13, long out, int n, int k);

  /** Writes [pairs, n] for rows a [pairs, k] in expert order and W [E, n, k]. */
  Operator experts(Routes routes, long a, long w, long out, int n, int k);
}

package org.lfm4j.cuda;

import org.lfm4j.cuda.driver.TensorMap;

/**
 * Tensor maps for the matrix products of sm_90a, as {@code gemm_tile.cuh} describes them. All boxes
 * are 64 values of K wide, in the swizzle that wgmma reads.
 */
final class WeightMaps {
  private static final int K_BOX = 64;
  private static final int INTERLEAVED = 8;

  private WeightMaps() {}

  /** Maps weights [experts, n, k] in tiles of some rows. */
  static TensorMap plain(long address, int experts, int n, int k, int tileRows) {
    long row = 2L * k;
    return TensorMap.of(
        address,
        new long[] {k, n, experts},
        new long[] {row, row * n},
        new int[] {K_BOX, tileRows, 1},
        TensorMap.Swizzle.BYTES_128);
  }

  /** Maps weights [2, experts, n, k] in tiles whose rows come from both halves, 8 by 8. */
  static TensorMap gated(long address, int experts, int n, int k, int tileRows) {
    long row = 2L * k;
    return TensorMap.of(
        address,
        new long[] {k, INTERLEAVED, 2, n / INTERLEAVED, experts},
        new long[] {row, row * n * experts, INTERLEAVED * row, row * n},
        new int[] {K_BOX, INTERLEAVED, 2, tileRows / (2 * INTERLEAVED), 1},
        TensorMap.Swizzle.BYTES_128);
  }

  /** Maps activations [rows, k] in boxes of some rows. */
  static TensorMap rows(long address, int rows, int k, int boxRows) {
    return TensorMap.matrix(address, rows, k, boxRows, K_BOX, TensorMap.Swizzle.BYTES_128);
  }
}

package org.lfm4j.cuda;

import org.lfm4j.cuda.driver.KernelCall;

/**
 * Products of many rows, dense or in the order of their experts ({@code gemm_wgmma_many.cu}):
 * persistent blocks over a list of tiles, in pairs that share what they read of the rows.
 */
final class ManyTokens {
  private static final int THREADS = 384;
  private static final int SHARED_BYTES = 230_400;
  private static final int CLUSTER = 2;
  private static final int TILE_ROWS = 128;
  private static final int WIDEST_DENSE = 256;
  private static final int WIDEST = 288;
  private static final int NARROWEST = 64;
  private static final int ENOUGH_TILES = 96;
  private static final int WIDEST_ARGUMENT = 9;

  private final Kernels kernels;

  ManyTokens(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * Makes a dense product.
   *
   * @param gated whether w is [2, n, k] and out silu(a W1^T) * (a W3^T), not [n, k] and a W^T
   * @param a [rowsOfA, k], of which the first {@code rows} are multiplied
   * @param out [rows, n]
   * @param rows address of their number
   */
  Operator dense(boolean gated, long a, int rowsOfA, long w, long out, long rows, int n, int k) {
    KernelCall call = call(gated, a, rowsOfA, w, out, rows, 0, 0, n, k);
    int tiles = Math.ceilDiv(n, gated ? TILE_ROWS / 2 : TILE_ROWS);
    return (stream, size) -> {
      int widest = WIDEST_DENSE;
      while (widest > NARROWEST && tiles * Math.ceilDiv(size.rows(), widest) < ENOUGH_TILES) {
        widest /= 2;
      }
      call.setInt32(WIDEST_ARGUMENT, widest).launch(stream);
    };
  }

  /** Makes the same for rows a [rowsOfA, k] in expert order and the experts' weights. */
  Operator experts(
      boolean gated, Routes routes, long a, int rowsOfA, long w, long out, int n, int k) {
    long counter = routes.counter(gated ? 0 : 1);
    KernelCall call =
        call(gated, a, rowsOfA, w, out, routes.offsets(), counter, routes.experts(), n, k);
    return (stream, size) -> call.launch(stream);
  }

  private KernelCall call(
      boolean gated,
      long a,
      int rowsOfA,
      long w,
      long out,
      long offsets,
      long counter,
      int experts,
      int n,
      int k) {
    int matrices = Math.max(1, experts);
    return kernels
        .call("gemm_wgmma_many.cu", gated ? "many_gated" : "many_bf16")
        .tensorMap(
            gated
                ? WeightMaps.gated(w, matrices, n, k, TILE_ROWS)
                : WeightMaps.plain(w, matrices, n, k, TILE_ROWS))
        .tensorMap(WeightMaps.rows(a, rowsOfA, k, 8))
        .tensorMap(WeightMaps.rows(a, rowsOfA, k, 32))
        .address(out)
        .address(offsets)
        .address(counter)
        .int32(experts)
        .int32(n)
        .int32(Math.ceilDiv(k, 64))
        .int32(WIDEST)
        .grid(kernels.multiprocessors() / CLUSTER * CLUSTER)
        .cluster(CLUSTER)
        .block(THREADS)
        .shared(SHARED_BYTES)
        .build();
  }
}

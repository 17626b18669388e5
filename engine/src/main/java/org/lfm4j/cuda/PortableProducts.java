package org.lfm4j.cuda;

import org.lfm4j.cuda.driver.KernelCall;
import org.lfm4j.cuda.driver.Stream;

/**
 * Matrix products for any GPU from sm_80 on ({@code gemm_small.cu}, {@code gemm_mma.cu}). All tiles
 * add in the same order, so that which of them is taken changes nothing in the result. Which one is
 * fastest was measured on an H200, with the shapes of LFM2-24B-A2B.
 */
final class PortableProducts implements Products {
  private static final int SMALL_SEGMENT = 256;
  private static final int SMALL_WARP_BYTES = 8192 + 512;
  private static final int SMALL_BYTES = 4096;
  private static final int SMALL_WARPS = 8;

  private final Kernels kernels;
  private final StepCounts counts;

  /** Tells the products where a step says how large it is. */
  PortableProducts(Kernels kernels, StepCounts counts) {
    this.kernels = kernels;
    this.counts = counts;
  }

  /**
   * A tile of {@code gemm_mma.cu}.
   *
   * @param prefix of its kernels' names
   * @param features weight rows of a block
   * @param tokens tokens of a block
   * @param stages copies of 64 values of k in flight
   */
  private record Tile(String prefix, int features, int tokens, int stages) {
    static final int THREADS = 128;

    int shared() {
      return stages * (features + tokens) * 128;
    }
  }

  private static final Tile TILE_32_32 = new Tile("mma_32x32", 32, 32, 8);
  private static final Tile TILE_64_32 = new Tile("mma_64x32", 64, 32, 6);
  private static final Tile TILE_64_64 = new Tile("mma_64x64", 64, 64, 4);
  private static final Tile TILE_128_32 = new Tile("mma_128x32", 128, 32, 4);
  private static final Tile TILE_128_64 = new Tile("mma_128x64", 128, 64, 3);

  // Weight rows from which even tiles of 64 rows make enough blocks to read at full speed.
  private static final int MANY_ROWS = 16_384;

  @Override
  public Operator dense(long a, long w, long out, int n, int k) {
    return dense("_dense", a, w, out, n, k, 1, counts.rows());
  }

  @Override
  public Operator logits(long a, long w, long out, int n, int k) {
    Operator product = dense("_dense_fp32", a, w, out, n, k, 1, counts.logitRows());
    return (stream, size) -> product.launch(stream, StepSize.decode(size.logitRows()));
  }

  @Override
  public Operator gated(long a, long w13, long out, int n, int k) {
    return dense("_dense_gated", a, w13, out, n, k, 2, counts.rows());
  }

  private Operator dense(
      String suffix, long a, long w, long out, int n, int k, int halves, long rows) {
    boolean many = n * halves >= MANY_ROWS;
    int mostSmall = many ? 4 : 8;
    Choice[] choices =
        many
            ? new Choice[] {new Choice(TILE_64_32, 32), new Choice(TILE_64_64, 64)}
            : new Choice[] {new Choice(TILE_32_32, 64), new Choice(TILE_64_64, 256)};
    KernelCall small = denseCall("gemm_small.cu", "small" + suffix, a, w, out, rows, n, k);
    shapeSmall(small, k);
    KernelCall[] calls = new KernelCall[choices.length + 1];
    for (int i = 0; i < calls.length; i++) {
      Tile tile = tile(choices, i);
      calls[i] = denseCall("gemm_mma.cu", tile.prefix + suffix, a, w, out, rows, n, k);
      shape(calls[i], tile);
    }
    return (stream, size) -> {
      if (size.rows() <= mostSmall) {
        launch(small, stream, Math.ceilDiv(n, 16 / halves), 1);
      } else {
        int i = index(choices, size.rows());
        Tile tile = tile(choices, i);
        int columns = Math.ceilDiv(size.rows(), tile.tokens);
        launch(calls[i], stream, columns, Math.ceilDiv(n, tile.features / halves));
      }
    };
  }

  /**
   * A tile and how many rows it serves best.
   *
   * @param tile the tile
   * @param most rows
   */
  private record Choice(Tile tile, int most) {}

  private static int index(Choice[] choices, int rows) {
    int i = 0;
    while (i < choices.length && rows > choices[i].most) {
      i++;
    }
    return i;
  }

  private static Tile tile(Choice[] choices, int index) {
    return index < choices.length ? choices[index].tile : TILE_128_64;
  }

  private KernelCall denseCall(
      String file, String name, long a, long w, long out, long rows, int n, int k) {
    return kernels
        .call(file, name)
        .address(a)
        .address(w)
        .address(out)
        .address(rows)
        .int32(n)
        .int32(k)
        .shared(0)
        .build();
  }

  @Override
  public Operator expertsGated(Routes routes, long a, long w13, long out, int n, int k) {
    return experts("_grouped_gated", routes, a, w13, out, n, k, 2);
  }

  @Override
  public Operator experts(Routes routes, long a, long w, long out, int n, int k) {
    return experts("_grouped", routes, a, w, out, n, k, 1);
  }

  private Operator experts(
      String suffix, Routes routes, long a, long w, long out, int n, int k, int halves) {
    KernelCall small =
        expertsCall("gemm_small.cu", "small" + suffix, routes, a, w, out, n, k, halves);
    shapeSmall(small, k);
    Tile[] tiles = {TILE_128_32, TILE_128_64};
    KernelCall[] calls = new KernelCall[tiles.length];
    for (int i = 0; i < tiles.length; i++) {
      calls[i] =
          expertsCall("gemm_mma.cu", tiles[i].prefix + suffix, routes, a, w, out, n, k, halves);
      shape(calls[i], tiles[i]);
    }
    return (stream, size) -> {
      int pairs = size.rows() * routes.perToken();
      int busy = Math.min(routes.experts(), pairs);
      // On average, how many tokens meet in an expert that is used at all.
      if (pairs <= 4 * routes.experts()) {
        launch(small, stream, Math.ceilDiv(n, 16 / halves), busy);
      } else {
        int i = pairs <= 24 * routes.experts() ? 0 : 1;
        launch(
            calls[i],
            stream,
            Math.ceilDiv(n, tiles[i].features / halves),
            busy + pairs / tiles[i].tokens);
      }
    };
  }

  private KernelCall expertsCall(
      String file, String name, Routes routes, long a, long w, long out, int n, int k, int halves) {
    KernelCall.Builder call =
        kernels.call(file, name).address(a).address(w).address(out).address(routes.offsets());
    if (halves == 2) {
      call.address(routes.tokens());
    }
    return call.int32(routes.experts()).int32(n).int32(k).build();
  }

  private static void shapeSmall(KernelCall call, int k) {
    int warps = Math.min(SMALL_WARPS, Math.ceilDiv(k, SMALL_SEGMENT));
    call.block(32 * warps, 1, 1).shared(warps * SMALL_WARP_BYTES + SMALL_BYTES);
    call.kernel().allowShared(SMALL_WARPS * SMALL_WARP_BYTES + SMALL_BYTES);
  }

  private static void shape(KernelCall call, Tile tile) {
    call.block(Tile.THREADS, 1, 1).shared(tile.shared());
    call.kernel().allowShared(tile.shared());
  }

  private static void launch(KernelCall call, Stream stream, int x, int y) {
    call.grid(x, y, 1).launch(stream);
  }
}

package org.lfm4j.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lfm4j.cuda.driver.KernelCall;
import org.lfm4j.cuda.driver.TensorMap;

/**
 * Dense products that read their weights once for a few hundred tokens ({@code gemm_wgmma_few.cu}).
 * Clusters of blocks share K, in a number that depends on the matrix and the kernel only.
 */
final class FewTokens {
  /** Most tokens for which a chain of these beats the products of many tokens. */
  static final int MOST = 256;

  private static final int MOST_SPLITS = 8;
  private static final int THREADS = 288;
  private static final int ROW_BYTES = 128;
  private static final int ALIGNMENT = 1024;

  private final Kernels kernels;

  FewTokens(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * One of the kernels.
   *
   * @param tokens it multiplies at a time
   * @param rows of weights in a tile
   * @param slots of its ring
   * @param blocks that the splits of K should make of a product
   */
  private record Tile(int tokens, int rows, int slots, int blocks) {
    int stepValues() {
      return rows == 64 ? 128 : 64;
    }

    int sharedBytes() {
      int parts = stepValues() / 64;
      return slots * parts * (rows + tokens) * ROW_BYTES + ALIGNMENT;
    }
  }

  /** What the products are. */
  enum Kind {
    /** a W^T in BF16. */
    BF16,
    /** The same in FP32, for matrices so large that nothing need be split. */
    FP32,
    /** silu(a W1^T) * (a W3^T) in BF16. */
    GATED
  }

  private static List<Tile> tiles(Kind kind) {
    return switch (kind) {
      case BF16 ->
          List.of(
              new Tile(8, 64, 6, 192),
              new Tile(16, 64, 5, 192),
              new Tile(32, 64, 4, 192),
              new Tile(64, 128, 4, 192),
              new Tile(128, 128, 6, 96));
      case FP32 ->
          List.of(
              new Tile(8, 64, 6, 1),
              new Tile(16, 64, 5, 1),
              new Tile(32, 64, 4, 1),
              new Tile(64, 128, 4, 1),
              new Tile(128, 128, 3, 1),
              new Tile(256, 128, 4, 1));
      case GATED ->
          List.of(
              new Tile(8, 64, 4, 192),
              new Tile(16, 64, 3, 192),
              new Tile(32, 64, 3, 192),
              new Tile(64, 128, 4, 192),
              new Tile(128, 128, 3, 96));
    };
  }

  /**
   * A kernel with its arguments.
   *
   * @param most tokens of a step it is for
   * @param tokens of a chunk
   * @param blocks in x
   */
  private record Site(int most, int tokens, int blocks, KernelCall call) {}

  /**
   * Makes a product for any number of tokens.
   *
   * @param a [rowsOfA, k] in BF16, of which the first {@code rows} are multiplied
   * @param w [n, k], or, gated, [2, n, k]
   * @param out [rows, n]
   * @param rows address of their number
   */
  Operator product(Kind kind, long a, int rowsOfA, long w, long out, long rows, int n, int k) {
    List<Site> sites = new ArrayList<>();
    List<Tile> tiles = tiles(kind);
    for (Tile tile : tiles) {
      TensorMap tokens = WeightMaps.rows(a, rowsOfA, k, tile.tokens);
      int columns = kind == Kind.GATED ? tile.rows / 2 : tile.rows;
      int count = Math.ceilDiv(n, columns);
      TensorMap weights =
          kind == Kind.GATED
              ? WeightMaps.gated(w, 1, n, k, tile.rows)
              : WeightMaps.plain(w, 1, n, k, tile.rows);
      int chunks = tile.equals(tiles.getLast()) ? Math.ceilDiv(MOST, tile.tokens) : 1;
      for (int c = 1; c <= chunks; c++) {
        int splits = splits(tile, count * c, k);
        KernelCall call =
            kernels
                .call(
                    "gemm_wgmma_few.cu",
                    "dense_few_%s_%d".formatted(kind.name().toLowerCase(Locale.ROOT), tile.tokens))
                .tensorMap(weights)
                .tensorMap(tokens)
                .address(out)
                .address(rows)
                .int32(n)
                .int32(Math.ceilDiv(k, 64))
                .block(THREADS)
                .shared(tile.sharedBytes())
                .cluster(splits)
                .build();
        sites.add(new Site(c * tile.tokens, tile.tokens, count * splits, call));
      }
    }
    return (stream, size) -> {
      Site site = sites.getLast();
      for (int i = sites.size() - 1; i >= 0 && sites.get(i).most >= size.rows(); i--) {
        site = sites.get(i);
      }
      site.call.grid(site.blocks, Math.ceilDiv(size.rows(), site.tokens), 1).launch(stream);
    };
  }

  private static int splits(Tile tile, int tiles, int k) {
    int most = Math.min(MOST_SPLITS, Math.ceilDiv(k, tile.stepValues()));
    return Math.clamp(tile.blocks / tiles, 1, most);
  }
}

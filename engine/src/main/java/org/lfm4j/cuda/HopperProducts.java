package org.lfm4j.cuda;

import org.lfm4j.cuda.driver.KernelCall;

/**
 * Matrix products for Hopper. Each size of a step gets the kernel that was fastest for it on an
 * H200: those of {@link PortableProducts} for a handful of tokens and for experts with few tokens
 * each, those of {@link FewTokens} and {@link ManyTokens} for the rest. A row's result may differ
 * in its last bits between sizes, never with what else is in a step of the same size.
 */
final class HopperProducts implements Products {
  private static final int HANDFUL = 4;
  private static final int LONG_K = 4096;
  private static final int SMALL_MATRIX = 2048 * 2048;
  private static final int SMALL_MATRIX_TOKENS = 8;
  private static final int GATED_MOST = 128;
  private static final int PAIRS_AN_EXPERT = 16;
  private static final int SCATTER_THREADS = 256;

  private final Kernels kernels;
  private final StepCounts counts;
  private final Capacity capacity;
  private final PortableProducts portable;
  private final FewTokens few;
  private final ManyTokens many;

  /**
   * What tensor maps must know of the activations.
   *
   * @param rows most tokens of a step
   * @param logitRows most rows whose logits are wanted
   * @param pairRows address of [pairs, hidden] BF16 that may be overwritten until the experts'
   *     second product writes there
   */
  record Capacity(int rows, int logitRows, long pairRows) {}

  HopperProducts(Kernels kernels, StepCounts counts, Capacity capacity) {
    this.kernels = kernels;
    this.counts = counts;
    this.capacity = capacity;
    this.portable = new PortableProducts(kernels, counts);
    this.few = new FewTokens(kernels);
    this.many = new ManyTokens(kernels);
  }

  @Override
  public Operator dense(long a, long w, long out, int n, int k) {
    long rows = counts.rows();
    Operator handful = portable.dense(a, w, out, n, k);
    Operator middle = few.product(FewTokens.Kind.BF16, a, capacity.rows(), w, out, rows, n, k);
    Operator rest = many.dense(false, a, capacity.rows(), w, out, rows, n, k);
    int fewest = (long) n * k <= SMALL_MATRIX ? SMALL_MATRIX_TOKENS : k <= LONG_K ? HANDFUL : 0;
    return (stream, size) -> {
      Operator best =
          size.rows() <= fewest ? handful : size.rows() <= FewTokens.MOST ? middle : rest;
      best.launch(stream, size);
    };
  }

  @Override
  public Operator logits(long a, long w, long out, int n, int k) {
    Operator handful = portable.logits(a, w, out, n, k);
    Operator rest =
        few.product(FewTokens.Kind.FP32, a, capacity.logitRows(), w, out, counts.logitRows(), n, k);
    return (stream, size) -> {
      if (size.logitRows() <= HANDFUL) {
        handful.launch(stream, size);
      } else {
        rest.launch(stream, StepSize.decode(size.logitRows()));
      }
    };
  }

  @Override
  public Operator gated(long a, long w13, long out, int n, int k) {
    long rows = counts.rows();
    Operator middle = few.product(FewTokens.Kind.GATED, a, capacity.rows(), w13, out, rows, n, k);
    Operator rest = many.dense(true, a, capacity.rows(), w13, out, rows, n, k);
    return (stream, size) -> (size.rows() <= GATED_MOST ? middle : rest).launch(stream, size);
  }

  @Override
  public Operator expertsGated(Routes routes, long a, long w13, long out, int n, int k) {
    Operator handful = portable.expertsGated(routes, a, w13, out, n, k);
    Operator scatter = scatter(routes, a, k);
    Operator rest = many.experts(true, routes, capacity.pairRows(), pairs(routes), w13, out, n, k);
    return (stream, size) -> {
      if (handful(routes, size)) {
        handful.launch(stream, size);
      } else {
        scatter.launch(stream, size);
        rest.launch(stream, size);
      }
    };
  }

  @Override
  public Operator experts(Routes routes, long a, long w, long out, int n, int k) {
    Operator handful = portable.experts(routes, a, w, out, n, k);
    Operator rest = many.experts(false, routes, a, pairs(routes), w, out, n, k);
    return (stream, size) -> (handful(routes, size) ? handful : rest).launch(stream, size);
  }

  /** Copies of boxes need the rows in the order of the pairs. */
  private Operator scatter(Routes routes, long a, int k) {
    KernelCall call =
        kernels
            .call("scatter.cu", "scatter_rows")
            .address(a)
            .address(routes.rows())
            .address(capacity.pairRows())
            .address(counts.rows())
            .int32(routes.perToken())
            .int32(k)
            .block(SCATTER_THREADS)
            .build();
    return (stream, size) -> call.grid(size.rows()).launch(stream);
  }

  private int pairs(Routes routes) {
    return capacity.rows() * routes.perToken();
  }

  private static boolean handful(Routes routes, StepSize size) {
    return size.rows() * routes.perToken() <= PAIRS_AN_EXPERT * routes.experts();
  }
}

package org.lfm4j.cuda;

import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.driver.KernelCall;

/** The residual stream between operators ({@code norm.cu}). */
final class Norms {
  private static final String FILE = "norm.cu";
  private static final int CHANNELS_A_THREAD = 8;

  private final Kernels kernels;
  private final ModelConfig config;
  private final StepCounts counts;
  private final Workspace work;

  Norms(Kernels kernels, ModelConfig config, StepCounts counts, Workspace work) {
    this.kernels = kernels;
    this.config = config;
    this.counts = counts;
    this.work = work;
  }

  /** Starts the stream from embeddings [vocab, hidden] of the step's tokens and norms it. */
  Operator embed(long tokens, long embedding, long norm) {
    return rows(
        kernels
            .call(FILE, "embed_norm")
            .address(counts.rows())
            .address(tokens)
            .address(embedding)
            .address(work.stream()),
        norm);
  }

  /** Adds what an operator left in {@code delta} and norms. */
  Operator add(long norm) {
    return rows(
        kernels
            .call(FILE, "add_norm")
            .address(counts.rows())
            .address(work.delta())
            .address(work.stream()),
        norm);
  }

  /** Adds the weighted sum of what a token's experts left and norms. */
  Operator addExperts(int perToken, long norm) {
    return rows(
        kernels
            .call(FILE, "add_experts_norm")
            .address(counts.rows())
            .address(work.expertDelta())
            .address(work.pairRow())
            .address(work.pairWeight())
            .int32(perToken)
            .address(work.stream()),
        norm);
  }

  /** Norms the rows whose logits are wanted, {@code logitRow} of them, into {@code last}. */
  Operator last(long logitRow, long norm) {
    KernelCall call =
        shape(
                kernels
                    .call(FILE, "last_norm")
                    .address(counts.logitRows())
                    .address(logitRow)
                    .address(work.stream()),
                norm,
                work.last())
            .build();
    return (stream, size) -> {
      if (size.logitRows() > 0) {
        call.grid(size.logitRows()).launch(stream);
      }
    };
  }

  private Operator rows(KernelCall.Builder builder, long norm) {
    KernelCall call = shape(builder, norm, work.normed()).build();
    return (stream, size) -> call.grid(size.rows()).launch(stream);
  }

  private KernelCall.Builder shape(KernelCall.Builder builder, long norm, long out) {
    int threads = Math.ceilDiv(config.hiddenSize() / CHANNELS_A_THREAD, 32) * 32;
    return builder
        .address(norm)
        .address(out)
        .int32(config.hiddenSize())
        .float32(config.normEps())
        .block(threads);
  }
}

package org.lfm4j.cuda;

import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.driver.KernelCall;

/**
 * Grouped-query attention between its projections: norms, rotation and the page write ({@code
 * rope.cu}), then {@code attention_decode.cu} and {@code attention_prefill.cu} over {@link
 * AttentionWork}.
 */
final class Attentions {
  /** Rows of an item of the kernel for chunks, a group of heads for each token. */
  private static final int CHUNK_ROWS = 128;

  private static final int ROPE_THREADS = 128;
  private static final int ROPE_HEADS_A_BLOCK = 32;
  private static final int DECODE_THREADS = 128;
  private static final int CHUNK_THREADS = 256;
  private static final int COMBINE_THREADS = 256;
  private static final int CHUNK_STAGES = 2;
  private static final int COMBINE_BLOCKS = 4;
  private static final int TILE_BYTES = 8192;

  private final Kernels kernels;
  private final StepInputs inputs;
  private final Workspace work;
  private final ModelConfig config;
  private final long pool;
  private final AttentionScratch scratch;

  /**
   * Tells the attention where things are.
   *
   * @param pool device address of page 0
   */
  Attentions(
      Kernels kernels,
      StepInputs inputs,
      Workspace work,
      ModelConfig config,
      long pool,
      AttentionScratch scratch) {
    this.kernels = kernels;
    this.inputs = inputs;
    this.work = work;
    this.config = config;
    this.pool = pool;
    this.scratch = scratch;
  }

  /** Returns the most tokens of an item of the kernel for chunks. */
  static int chunkTokens(ModelConfig config) {
    return CHUNK_ROWS * config.numKvHeads() / config.numHeads();
  }

  /** Attends from {@code mixed} to {@code gathered}; keys are at an offset of each page. */
  Operator of(LayerAddresses.Attention weights, long keyOffset) {
    Operator rope = rope(weights, pool + keyOffset);
    Operator decode = decode(pool + keyOffset);
    Operator chunks = chunks(pool + keyOffset);
    Operator merges = merges();
    return (stream, size) -> {
      rope.launch(stream, size);
      decode.launch(stream, size);
      if (size.chunkItems() > 0) {
        chunks.launch(stream, size);
      }
      if (size.mergeItems() > 0) {
        merges.launch(stream, size);
      }
    };
  }

  private Operator rope(LayerAddresses.Attention weights, long keys) {
    StepInputs.Places at = inputs.places();
    KernelCall call =
        kernels
            .call("rope.cu", "qk_norm_rope_store")
            .address(work.mixed())
            .address(weights.queryNorm())
            .address(weights.keyNorm())
            .address(scratch.frequencies())
            .float32(config.normEps())
            .address(inputs.counts().rows())
            .address(inputs.address(at.positions()))
            .address(inputs.address(at.sequences()))
            .address(inputs.address(at.firstPage()))
            .address(inputs.address(at.pageTable()))
            .address(work.queries())
            .address(keys)
            .int64(new PageLayout(config).pageBytes())
            .int32(config.numHeads())
            .int32(config.numKvHeads())
            .block(ROPE_THREADS)
            .build();
    int heads = config.numHeads() + 2 * config.numKvHeads();
    return (stream, size) ->
        call.grid(Math.ceilDiv(size.rows() * heads, ROPE_HEADS_A_BLOCK)).launch(stream);
  }

  private Operator decode(long keys) {
    int group = config.numHeads() / config.numKvHeads();
    int shared = 8 * TILE_BYTES + 8 * group * (PageLayout.HEAD_DIM * Float.BYTES + 8) + 16;
    KernelCall call =
        attend("attention_decode", keys, inputs.decodeItemCount(), inputs.places().decodeItems())
            .address(scratch.arrivals())
            .grid(kernels.multiprocessors() * AttentionWork.DECODE_BLOCKS)
            .block(DECODE_THREADS)
            .shared(shared)
            .build();
    return (stream, size) -> call.launch(stream);
  }

  private Operator chunks(long keys) {
    KernelCall attend =
        attend("attention_prefill", keys, inputs.chunkItemCount(), inputs.places().chunkItems())
            .block(CHUNK_THREADS)
            .shared(2 * CHUNK_STAGES * TILE_BYTES + CHUNK_ROWS * PageLayout.HEAD_DIM * Float.BYTES)
            .build();
    return (stream, size) -> attend.grid(size.chunkItems() * config.numKvHeads()).launch(stream);
  }

  private Operator merges() {
    KernelCall combine =
        kernels
            .call("attention_combine.cu", "attention_combine")
            .address(work.gathered())
            .int32(config.numKvHeads())
            .address(inputs.mergeItemCount())
            .address(inputs.address(inputs.places().mergeItems()))
            .int32(CHUNK_ROWS * config.numKvHeads() / config.numHeads())
            .address(scratch.out())
            .address(scratch.stats())
            .grid(kernels.multiprocessors() * COMBINE_BLOCKS)
            .block(COMBINE_THREADS)
            .build();
    return (stream, size) -> combine.launch(stream);
  }

  private KernelCall.Builder attend(String kernel, long keys, long count, int items) {
    return kernels
        .call(kernel + ".cu", kernel)
        .address(work.queries())
        .address(work.gathered())
        .address(keys)
        .int64(new PageLayout(config).pageBytes())
        .int32(config.numKvHeads())
        .address(count)
        .address(inputs.address(items))
        .address(inputs.address(inputs.places().pageTable()))
        .address(scratch.out())
        .address(scratch.stats());
  }
}

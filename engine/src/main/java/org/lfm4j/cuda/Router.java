package org.lfm4j.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.cuda.driver.KernelCall;

/**
 * Chooses experts and sorts (token, expert) pairs by expert ({@code router.cu}), on Hopper together
 * with the norm before for few and for many rows ({@code norm_route.cu}, {@code
 * norm_route_many.cu}), where that was faster.
 */
final class Router {
  private static final int TOKENS = 16;
  private static final int EXPERTS = 8;

  /** Rows from which on there are enough blocks without cutting experts apart. */
  private static final int MANY = 512;

  /** Least hidden size for which a block of the fused kernel has a thread for every expert. */
  private static final int FUSED_HIDDEN = 96;

  /** Experts that a block of the fused kernel scores, and one of the kernel for many rows. */
  private static final int BLOCK_EXPERTS = 16;

  private static final int ROUND_EXPERTS = 32;
  private static final int PAD_BYTES = 64;

  private static final int PLACING = 13;
  private static final int PLACE_THREADS = 256;
  private static final int WARPS = 16;
  private static final int CHANNELS = 32;

  private final Kernels kernels;
  private final StepCounts counts;
  private final Workspace work;
  private final MoeConfig moe;
  private final int hidden;
  private final float eps;

  Router(Kernels kernels, StepCounts counts, Workspace work, ModelConfig config) {
    this.kernels = kernels;
    this.counts = counts;
    this.work = work;
    this.moe = config.moe().orElseThrow();
    this.hidden = config.hiddenSize();
    this.eps = config.normEps();
  }

  /** Returns where a layer's router leaves its choice. */
  Routes routes(int layer) {
    return new Routes(
        moe.numExperts(),
        moe.numExpertsPerToken(),
        offsets(layer),
        work.pairToken(),
        work.pairRow());
  }

  private long offsets(int layer) {
    return work.expertOffset() + 4L * Workspace.OFFSETS * layer;
  }

  /** Adds what an operator left in {@code delta}, norms, and routes the rows of a layer. */
  Operator of(Norms norms, long norm, LayerAddresses.Experts weights, int layer) {
    Operator apart = apart(norms.add(norm), route(weights, layer));
    Operator place = place(layer);
    boolean fused = kernels.hopper() && hidden >= FUSED_HIDDEN;
    Operator few = fused ? fewTogether(norm, weights, layer) : apart;
    Operator many = fused ? manyTogether(norm, weights, layer) : apart;
    return (stream, size) -> {
      if (size.rows() >= MANY) {
        many.launch(stream, size);
        place.launch(stream, size);
      } else {
        (size.rows() <= TOKENS ? few : apart).launch(stream, size);
      }
    };
  }

  private static Operator apart(Operator add, Operator route) {
    return (stream, size) -> {
      add.launch(stream, size);
      route.launch(stream, size);
    };
  }

  private Operator fewTogether(long norm, LayerAddresses.Experts weights, int layer) {
    int blocks = Integer.highestOneBit(2 * Math.ceilDiv(moe.numExperts(), BLOCK_EXPERTS) - 1);
    KernelCall call =
        together("norm_route", norm, weights)
            .address(work.pairRow())
            .address(work.pairToken())
            .address(offsets(layer))
            .grid(blocks)
            .cluster(blocks)
            .shared(rowBytes() + WARPS * TOKENS * BLOCK_EXPERTS * Float.BYTES)
            .build();
    return (stream, size) -> call.launch(stream);
  }

  private Operator manyTogether(long norm, LayerAddresses.Experts weights, int layer) {
    KernelCall call =
        together("norm_route_many", norm, weights)
            .address(offsets(layer))
            .address(work.places())
            .address(work.counters())
            .shared(rowBytes() + WARPS * TOKENS * ROUND_EXPERTS * Float.BYTES)
            .build();
    return (stream, size) -> call.grid(Math.ceilDiv(size.rows(), TOKENS)).launch(stream);
  }

  private KernelCall.Builder together(String kernel, long norm, LayerAddresses.Experts weights) {
    return kernels
        .call(kernel + ".cu", kernel)
        .address(counts.rows())
        .struct(
            Arena.ofAuto()
                .allocateFrom(
                    ValueLayout.JAVA_LONG, work.delta(), work.stream(), norm, work.normed()))
        .float32(eps)
        .address(weights.gate())
        .address(weights.bias())
        .struct(routing())
        .int32(hidden)
        .address(work.pairWeight())
        .block(32 * warps());
  }

  /** Bytes of the rows of a group of tokens in shared memory. */
  private int rowBytes() {
    return TOKENS * (2 * hidden + PAD_BYTES);
  }

  private int warps() {
    return Math.min(WARPS, hidden / CHANNELS);
  }

  private Operator route(LayerAddresses.Experts weights, int layer) {
    KernelCall call =
        kernels
            .call("router.cu", "route")
            .address(counts.rows())
            .address(work.normed())
            .address(weights.gate())
            .address(weights.bias())
            .struct(routing())
            .int32(hidden)
            .address(work.pairWeight())
            .address(work.pairRow())
            .address(work.pairToken())
            .address(offsets(layer))
            .address(work.scores())
            .address(work.places())
            .address(work.counters())
            .int32(1)
            .block(32 * warps())
            .build();
    int columns = Math.ceilDiv(moe.numExperts(), EXPERTS);
    return (stream, size) -> {
      boolean many = size.rows() >= MANY;
      call.setInt32(PLACING, many ? 0 : 1);
      call.grid(Math.ceilDiv(size.rows(), TOKENS), many ? 1 : columns, 1).launch(stream);
    };
  }

  private Operator place(int layer) {
    KernelCall call =
        kernels
            .call("router.cu", "place_pairs")
            .address(counts.rows())
            .address(work.places())
            .address(offsets(layer))
            .address(work.pairRow())
            .address(work.pairToken())
            .block(PLACE_THREADS)
            .build();
    return (stream, size) -> {
      int pairs = size.rows() * moe.numExpertsPerToken();
      call.grid(Math.ceilDiv(pairs, PLACE_THREADS)).launch(stream);
    };
  }

  /** Returns the expert of an entry of the router's list of places. */
  static int expertOf(int place) {
    return place >>> 24;
  }

  private MemorySegment routing() {
    MemorySegment struct = Arena.ofAuto().allocate(12, 4);
    struct.setAtIndex(ValueLayout.JAVA_INT, 0, moe.numExperts());
    struct.setAtIndex(ValueLayout.JAVA_INT, 1, moe.normTopkProb() ? 1 : 0);
    struct.setAtIndex(ValueLayout.JAVA_FLOAT, 2, moe.routedScalingFactor());
    return struct;
  }
}

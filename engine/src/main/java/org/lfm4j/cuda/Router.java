package org.lfm4j.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.cuda.driver.KernelCall;

/** Chooses experts and sorts (token, expert) pairs by expert ({@code router.cu}). */
final class Router {
  private static final int TOKENS = 16;
  private static final int EXPERTS = 8;

  /** Rows from which on there are enough blocks without cutting experts apart. */
  private static final int MANY = 512;

  private static final int PLACING = 13;
  private static final int PLACE_THREADS = 256;
  private static final int WARPS = 16;
  private static final int CHANNELS = 32;

  private final Kernels kernels;
  private final StepCounts counts;
  private final Workspace work;
  private final MoeConfig moe;
  private final int hidden;

  Router(Kernels kernels, StepCounts counts, Workspace work, MoeConfig moe, int hidden) {
    this.kernels = kernels;
    this.counts = counts;
    this.work = work;
    this.moe = moe;
    this.hidden = hidden;
  }

  /** Returns where a layer's router leaves its choice. */
  Routes routes(int layer) {
    return new Routes(moe.numExperts(), moe.numExpertsPerToken(), offsets(layer), work.pairToken());
  }

  private long offsets(int layer) {
    return work.expertOffset() + 4L * Workspace.OFFSETS * layer;
  }

  /** Routes {@code normed} of a layer. */
  Operator of(LayerAddresses.Experts weights, int layer) {
    int warps = Math.min(WARPS, hidden / CHANNELS);
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
            .block(32 * warps)
            .build();
    KernelCall place =
        kernels
            .call("router.cu", "place_pairs")
            .address(counts.rows())
            .address(work.places())
            .address(offsets(layer))
            .address(work.pairRow())
            .address(work.pairToken())
            .block(PLACE_THREADS)
            .build();
    int columns = Math.ceilDiv(moe.numExperts(), EXPERTS);
    return (stream, size) -> {
      boolean many = size.rows() >= MANY;
      call.setInt32(PLACING, many ? 0 : 1);
      call.grid(Math.ceilDiv(size.rows(), TOKENS), many ? 1 : columns, 1).launch(stream);
      if (many) {
        int pairs = size.rows() * moe.numExpertsPerToken();
        place.grid(Math.ceilDiv(pairs, PLACE_THREADS)).launch(stream);
      }
    };
  }

  private MemorySegment routing() {
    MemorySegment struct = Arena.ofAuto().allocate(12, 4);
    struct.setAtIndex(ValueLayout.JAVA_INT, 0, moe.numExperts());
    struct.setAtIndex(ValueLayout.JAVA_INT, 1, moe.normTopkProb() ? 1 : 0);
    struct.setAtIndex(ValueLayout.JAVA_FLOAT, 2, moe.routedScalingFactor());
    return struct;
  }
}

package org.lfm4j.cuda;

import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;

/**
 * Addresses of the activations of one step, in one block of device memory. T is the most rows of a
 * step, L the most that want logits, P = T * top-k the pairs of a token and an expert.
 *
 * @param stream [T, hidden] residual stream
 * @param normed [T, hidden] what an operator reads
 * @param mixed [T, 3 hidden or (heads + 2 key heads) * 64] what the first projection writes
 * @param queries [T, heads * 64] normed and rotated
 * @param gathered [T, hidden or heads * 64] what the second projection reads
 * @param delta [T, hidden] what a layer's operator adds to the stream
 * @param wide [T, dense width] or [P, expert width]
 * @param expertDelta [P, hidden]
 * @param pairWeight [P] FP32
 * @param pairRow [P]
 * @param pairToken [P]
 * @param expertOffset [MoE layers, E + 1], kept to the end of the step
 * @param scores [T, 64] FP32 scratch of the router
 * @param places [P] scratch of the router
 * @param counters [128 + T / 16] of the router, zero between steps
 * @param last [L, hidden]
 * @param logits [L, vocab] FP32
 * @param bytes of all
 */
record Workspace(
    long stream,
    long normed,
    long mixed,
    long queries,
    long gathered,
    long delta,
    long wide,
    long expertDelta,
    long pairWeight,
    long pairRow,
    long pairToken,
    long expertOffset,
    long scores,
    long places,
    long counters,
    long last,
    long logits,
    long bytes) {
  /** Integers between the expert offsets of two layers. */
  static final int OFFSETS = 128;

  private static final int COUNTERS = 128;

  /** Lays everything out from an address on; from 0 to learn the size. */
  static Workspace at(long address, ModelConfig config, int rows, int logitRows) {
    long hidden = config.hiddenSize();
    long heads = (long) config.numHeads() * config.headDim();
    long keys = (long) config.numKvHeads() * config.headDim();
    long pairs = (long) rows * config.moe().map(MoeConfig::numExpertsPerToken).orElse(0);
    long expertWide = pairs * config.moe().map(MoeConfig::intermediateSize).orElse(0);
    boolean allRouted = config.moe().map(moe -> moe.numDenseLayers() == 0).orElse(false);
    long denseWide = allRouted ? 0 : (long) rows * config.intermediateSize();
    Cursor next = new Cursor(address);
    return new Workspace(
        next.take(2L * rows * hidden),
        next.take(2L * rows * hidden),
        next.take(2L * rows * Math.max(3 * hidden, heads + 2 * keys)),
        next.take(2L * rows * heads),
        next.take(2L * rows * Math.max(hidden, heads)),
        next.take(2L * rows * hidden),
        next.take(2L * Math.max(denseWide, expertWide)),
        next.take(2L * pairs * hidden),
        next.take(4L * pairs),
        next.take(4L * pairs),
        next.take(4L * pairs),
        next.take(4L * OFFSETS * config.layers().size()),
        next.take(4L * 64 * rows),
        next.take(4L * pairs),
        next.take(4L * (COUNTERS + Math.ceilDiv(rows, 16))),
        next.take(2L * logitRows * hidden),
        next.take(4L * logitRows * config.vocabSize()),
        next.address - address);
  }

  private static final class Cursor {
    private static final long ALIGNMENT = 1024;
    private long address;

    Cursor(long address) {
      this.address = address;
    }

    long take(long bytes) {
      long taken = address;
      address += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
      return taken;
    }
  }
}

package org.lfm4j.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.cuda.driver.TensorMap;
import org.lfm4j.cuda.driver.TensorMap.Swizzle;

/**
 * What {@code decode_one.cu} needs on the device beside weights and pages: the words that blocks
 * exchange, tensor maps of all matrices, and the small vectors of each layer side by side, so that
 * their addresses need no look-up. Offsets are those of {@code decode_one_shape.cuh}.
 */
final class DecodeOneMemory {
  private static final long EXCHANGE_BYTES = 48 * 1024 * Long.BYTES;
  private static final long EPOCH_BYTES = 256;
  private static final int BF16_BYTES = 2;
  private static final int ALIGNMENT = 256;
  // A slot of the kernel's ring: 16 rows of 8 lines of 64 BF16.
  private static final int LINE = 64;
  private static final int LINES = 8;
  private static final int ROWS = 16;

  private final ModelConfig config;
  private final DeviceMemory block;

  private DecodeOneMemory(ModelConfig config, DeviceMemory block) {
    this.config = config;
    this.block = block;
  }

  /** Returns the size of all of it. */
  static long bytes(ModelConfig config) {
    return vectorsOffset(config)
        + layerBytes(config) * config.layers().size()
        + (long) BF16_BYTES * config.hiddenSize();
  }

  /**
   * Writes everything.
   *
   * @param block {@link #bytes} bytes; stays its owner's
   * @param pool all pages
   */
  static DecodeOneMemory fill(
      Context context,
      Stream stream,
      ModelConfig config,
      ModelAddresses weights,
      DeviceMemory block,
      DeviceMemory pool) {
    DecodeOneMemory memory = new DecodeOneMemory(config, block);
    stream.fill(block.span(), (byte) 0);
    memory.copyVectors(stream, weights);
    stream.synchronize();
    List<TensorMap> maps = memory.maps(weights, pool);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocate((long) TensorMap.BYTES * maps.size());
      for (int i = 0; i < maps.size(); i++) {
        MemorySegment.copy(
            maps.get(i).segment(), 0, all, (long) TensorMap.BYTES * i, TensorMap.BYTES);
      }
      context.upload(block.slice(memory.mapsAddress() - block.address(), all.byteSize()), all);
    }
    return memory;
  }

  long exchangeAddress() {
    return block.address();
  }

  long epochAddress() {
    return block.address() + EXCHANGE_BYTES;
  }

  long mapsAddress() {
    return epochAddress() + EPOCH_BYTES;
  }

  long vectorsAddress() {
    return block.address() + vectorsOffset(config);
  }

  private static long vectorsOffset(ModelConfig config) {
    long maps = (4L * config.layers().size() + 2) * TensorMap.BYTES;
    return EXCHANGE_BYTES + EPOCH_BYTES + Math.ceilDiv(maps, ALIGNMENT) * ALIGNMENT;
  }

  // operator norm [H], FFN norm [H], taps [H, 3] or the norms of query and key heads [2, 64],
  // FP32 biases, gate [E, H].
  private static long biasOffset(ModelConfig config) {
    return 5L * BF16_BYTES * config.hiddenSize();
  }

  private static long layerBytes(ModelConfig config) {
    int experts = config.moe().map(MoeConfig::numExperts).orElse(0);
    return biasOffset(config) + ALIGNMENT + (long) BF16_BYTES * experts * config.hiddenSize();
  }

  private void copyVectors(Stream stream, ModelAddresses weights) {
    long norm = (long) BF16_BYTES * config.hiddenSize();
    long head = (long) BF16_BYTES * PageLayout.HEAD_DIM;
    long to = vectorsAddress();
    for (LayerAddresses layer : weights.layers()) {
      stream.copy(to, layer.operatorNorm(), norm);
      stream.copy(to + norm, layer.ffnNorm(), norm);
      switch (layer.mixer()) {
        case LayerAddresses.Convolution c -> stream.copy(to + 2 * norm, c.taps(), 3 * norm);
        case LayerAddresses.Attention a -> {
          stream.copy(to + 2 * norm, a.queryNorm(), head);
          stream.copy(to + 2 * norm + head, a.keyNorm(), head);
        }
      }
      if (layer.feedForward() instanceof LayerAddresses.Experts e) {
        int experts = config.moe().orElseThrow().numExperts();
        long bias = to + biasOffset(config);
        stream.copy(bias, e.bias(), (long) Float.BYTES * experts);
        stream.copy(bias + ALIGNMENT, e.gate(), norm * experts);
      }
      to += layerBytes(config);
    }
    stream.copy(to, weights.norm(), norm);
  }

  /** In, out, up and down of each layer, then the head and the pool. */
  private List<TensorMap> maps(ModelAddresses weights, DeviceMemory pool) {
    long hidden = config.hiddenSize();
    long heads = (long) PageLayout.HEAD_DIM * (config.numHeads() + 2L * config.numKvHeads());
    List<TensorMap> maps = new ArrayList<>();
    for (LayerAddresses layer : weights.layers()) {
      switch (layer.mixer()) {
        case LayerAddresses.Convolution c -> {
          maps.add(rows(c.in(), 3 * hidden, hidden));
          maps.add(rows(c.out(), hidden, hidden));
        }
        case LayerAddresses.Attention a -> {
          maps.add(rows(a.qkv(), heads, hidden));
          maps.add(rows(a.out(), hidden, hidden));
        }
      }
      switch (layer.feedForward()) {
        case LayerAddresses.Dense d -> {
          long width = config.intermediateSize();
          maps.add(pairs(d.w13(), width, hidden));
          maps.add(rows(d.w2(), hidden, width));
        }
        case LayerAddresses.Experts e -> {
          MoeConfig moe = config.moe().orElseThrow();
          long width = moe.intermediateSize();
          maps.add(pairs(e.w13(), moe.numExperts() * width, hidden));
          maps.add(rows(e.w2(), moe.numExperts() * hidden, width));
        }
      }
    }
    maps.add(rows(weights.head(), config.vocabSize(), hidden));
    maps.add(
        TensorMap.matrix(
            pool.address(),
            pool.bytes() / (LINE * BF16_BYTES),
            LINE,
            PageLayout.TOKENS,
            LINE,
            Swizzle.BYTES_128));
    return maps;
  }

  /** Boxes of 16 rows and 512 columns of a matrix; columns beyond its end are zeros. */
  private static TensorMap rows(long address, long rows, long columns) {
    return TensorMap.of(
        address,
        new long[] {LINE, rows, columns / LINE},
        new long[] {columns * BF16_BYTES, LINE * BF16_BYTES},
        new int[] {LINE, ROWS, LINES},
        Swizzle.BYTES_128);
  }

  /** Boxes of 8 rows of w1 and the same 8 of w3, 512 columns, of [2, rows, columns]. */
  private static TensorMap pairs(long address, long rows, long columns) {
    int half = ROWS / 2;
    long row = columns * BF16_BYTES;
    return TensorMap.of(
        address,
        new long[] {LINE, half, 2, columns / LINE, rows / half},
        new long[] {row, rows * row, LINE * BF16_BYTES, half * row},
        new int[] {LINE, half, 2, LINES, 1},
        Swizzle.BYTES_128);
  }
}

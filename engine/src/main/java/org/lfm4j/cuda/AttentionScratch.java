package org.lfm4j.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.Stream;

/**
 * Where partial results of attention meet, and the constants of the rotation.
 *
 * @param out [slots, heads, 64] FP32
 * @param stats [slots, heads] pairs of FP32
 * @param arrivals [slots, key heads], zero between steps
 * @param frequencies [32] FP32 of the rotation
 */
record AttentionScratch(long out, long stats, long arrivals, long frequencies) {
  private static final long MOST_KEY_HEADS = 64;
  private static final int HALF = PageLayout.HEAD_DIM / 2;

  /** Returns the bytes that all of it takes. */
  static long bytes(ModelConfig config) {
    long slot = config.numHeads() * (4L * PageLayout.HEAD_DIM + 8) + 4 * MOST_KEY_HEADS;
    return AttentionWork.SLOTS * slot + 4L * HALF;
  }

  /** Lays it out in a block of that many bytes and fills it. */
  static AttentionScratch fill(
      Context context, Stream stream, ModelConfig config, DeviceMemory block) {
    stream.fill(block.span(), (byte) 0);
    // The upload below is not of this stream and must not be overtaken by the zeros.
    stream.synchronize();
    long rows = (long) AttentionWork.SLOTS * config.numHeads();
    long stats = block.address() + 4 * PageLayout.HEAD_DIM * rows;
    long arrivals = stats + 8 * rows;
    long frequencies = arrivals + 4 * MOST_KEY_HEADS * AttentionWork.SLOTS;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, HALF);
      for (int i = 0; i < HALF; i++) {
        // As transformers rounds it: the power to FP32, then its inverse.
        float power = (float) Math.pow(config.ropeTheta(), 2.0 * i / PageLayout.HEAD_DIM);
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1 / power);
      }
      context.upload(block.slice(frequencies - block.address(), values.byteSize()), values);
    }
    return new AttentionScratch(block.address(), stats, arrivals, frequencies);
  }
}

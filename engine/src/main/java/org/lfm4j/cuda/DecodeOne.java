package org.lfm4j.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.cuda.driver.KernelCall;
import org.lfm4j.cuda.driver.Stream;

/**
 * A decode step of one sequence in one kernel that stays resident ({@code decode_one.cu}), for
 * {@link DecodeOneShape models and GPUs that it fits}. It leaves logits, keys, values and states
 * where the operators of {@link ForwardPass} leave them. Two steps must not overlap.
 */
final class DecodeOne implements Operator {
  private static final int THREADS = 544;
  private static final int STRUCT_BYTES = 144;

  /**
   * Clocks that the kernel waits before it first looks for: the residual stream, queries and keys,
   * results of splits, the mixer's output, the stream behind the mixer, logits of the router, the
   * gated product. Found by a sweep on an H200.
   */
  private static final int[] PAUSES = {1200, 0, 0, 0, 800, 800, 2800};

  private final KernelCall call;

  /**
   * Makes the launch site.
   *
   * @param frequencies device address of the rotation's [32] FP32
   * @param pool device address of page 0
   */
  DecodeOne(
      Kernels kernels,
      ModelConfig config,
      ModelAddresses weights,
      DecodeOneMemory memory,
      StepInputs inputs,
      Workspace work,
      long frequencies,
      long pool) {
    PageLayout pages = new PageLayout(config);
    StepInputs.Places at = inputs.places();
    // struct DecodeOne of decode_one_shape.cuh.
    long[] addresses = {
      memory.mapsAddress(),
      memory.vectorsAddress(),
      weights.embedding(),
      frequencies,
      pool,
      pages.pageBytes(),
      pages.statesOffset(),
      inputs.address(at.tokens()),
      inputs.address(at.positions()),
      inputs.address(at.pageTable()),
      work.logits(),
      memory.exchangeAddress(),
      memory.epochAddress()
    };
    MemorySegment struct = Arena.ofAuto().allocate(STRUCT_BYTES, Long.BYTES);
    MemorySegment.copy(addresses, 0, struct, JAVA_LONG, 0, addresses.length);
    long next = (long) Long.BYTES * addresses.length;
    struct.set(JAVA_FLOAT, next, config.normEps());
    struct.set(JAVA_FLOAT, next + 4, config.moe().map(MoeConfig::routedScalingFactor).orElse(1.0f));
    boolean normed = config.moe().map(MoeConfig::normTopkProb).orElse(false);
    struct.set(JAVA_INT, next + 8, normed ? 1 : 0);
    MemorySegment.copy(PAUSES, 0, struct, JAVA_INT, next + 12, PAUSES.length);
    call =
        kernels
            .call(DecodeOneShape.FILE, "decode_one")
            .struct(struct)
            .grid(DecodeOneShape.BLOCKS)
            .block(THREADS)
            .shared(DecodeOneShape.SHARED_BYTES)
            .build();
  }

  /** Enqueues a step of one row. */
  @Override
  public void launch(Stream stream, StepSize size) {
    if (size.rows() != 1) {
      throw new IllegalArgumentException(
          "a step of %d rows, but this kernel computes one".formatted(size.rows()));
    }
    call.launch(stream);
  }
}

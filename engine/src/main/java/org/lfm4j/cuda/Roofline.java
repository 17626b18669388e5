package org.lfm4j.cuda;

import org.lfm4j.cuda.driver.Architecture;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Device;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.Event;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.KernelCall;
import org.lfm4j.cuda.driver.KernelModule;
import org.lfm4j.cuda.driver.KernelSource;
import org.lfm4j.cuda.driver.Stream;

/**
 * What a GPU can do at most, measured by kernels that do nothing else ({@code roofline.cu}).
 *
 * @param readBytesPerSecond reading device memory
 * @param multiplyPerSecond operations (two for each multiplication and addition) of BF16 matrix
 *     products whose operands are where the matrix units read them
 */
public record Roofline(double readBytesPerSecond, double multiplyPerSecond) {
  private static final long MOST_BYTES = 8L << 30;
  private static final int READ_THREADS = 256;
  private static final int READ_BLOCKS = 32;
  private static final int MULTIPLY_THREADS = 128;
  private static final int MULTIPLY_BLOCKS = 4;
  private static final int ROUNDS = 20_000;
  private static final long OPERATIONS_A_WARP_AND_ROUND = 2L * 16 * 8 * 16 * 8;
  private static final int HOPPER_ROUNDS = 4000;
  private static final long OPERATIONS_A_BLOCK_AND_ROUND = 2L * 64 * 256 * 16 * 4;
  private static final int HOPPER_SHARED = (64 + 256) * 128 + 1024;
  private static final int REPEATS = 5;

  /**
   * Measures a GPU; takes about a second.
   *
   * @throws org.lfm4j.cuda.driver.CudaException if NVRTC isn't installed
   */
  public static Roofline measure(Device device) {
    try (Context context = device.open();
        Stream stream = context.stream();
        DeviceMemory memory =
            context.allocate(Math.min(MOST_BYTES, context.memory().free() / 2 / 256 * 256))) {
      stream.fill(memory.span(), (byte) 1);
      double read = read(context, stream, memory);
      return new Roofline(read, multiply(context, stream, memory));
    }
  }

  private static double read(Context context, Stream stream, DeviceMemory memory) {
    try (KernelModule module = load(context, "roofline.cu")) {
      int blocks = context.device().multiprocessors() * READ_BLOCKS;
      KernelCall call =
          module
              .kernel("read_all")
              .call()
              .address(memory.address())
              .int64(memory.bytes() / 16)
              .address(memory.address())
              .grid(blocks)
              .block(READ_THREADS)
              .build();
      return memory.bytes() / seconds(context, stream, call);
    }
  }

  private static double multiply(Context context, Stream stream, DeviceMemory sink) {
    int processors = context.device().multiprocessors();
    if (context.device().computeCapability() == 90) {
      try (KernelModule module = load(context, "roofline_wgmma.cu")) {
        KernelCall call =
            module
                .kernel("multiply_wgmma")
                .call()
                .int32(HOPPER_ROUNDS)
                .address(sink.address())
                .grid(processors * 2)
                .block(MULTIPLY_THREADS)
                .shared(HOPPER_SHARED)
                .build();
        long operations = OPERATIONS_A_BLOCK_AND_ROUND * HOPPER_ROUNDS * processors * 2;
        return operations / seconds(context, stream, call);
      }
    }
    try (KernelModule module = load(context, "roofline.cu")) {
      int blocks = processors * MULTIPLY_BLOCKS;
      KernelCall call =
          module
              .kernel("multiply_mma")
              .call()
              .int32(ROUNDS)
              .address(sink.address())
              .grid(blocks)
              .block(MULTIPLY_THREADS)
              .build();
      long warps = blocks * (MULTIPLY_THREADS / 32L);
      return OPERATIONS_A_WARP_AND_ROUND * ROUNDS * warps / seconds(context, stream, call);
    }
  }

  private static KernelModule load(Context context, String file) {
    return context.load(
        KernelCache.ofUser()
            .cubin(KernelSource.resource(Roofline.class, file), Architecture.of(context.device())));
  }

  /** Returns the best time of one launch. */
  private static double seconds(Context context, Stream stream, KernelCall call) {
    double best = Double.MAX_VALUE;
    try (Event begin = context.event();
        Event end = context.event()) {
      for (int i = 0; i < REPEATS; i++) {
        stream.record(begin);
        call.launch(stream);
        stream.record(end);
        end.synchronize();
        best = Math.min(best, end.millisSince(begin) / 1e3);
      }
    }
    return best;
  }
}

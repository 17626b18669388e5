package org.lfm4j.cuda;

import java.util.function.LongConsumer;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.driver.Architecture;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.KernelModule;
import org.lfm4j.cuda.driver.KernelSource;
import org.lfm4j.cuda.driver.Stream;

/** All weights of a model in one allocation of device memory. Belongs to the context's thread. */
public final class DeviceWeights implements AutoCloseable {
  // Two BF16 ones.
  private static final int TWO_ONES = 0x3f803f80;
  private static final float DEVIATION = 0.02f;
  private static final int THREADS = 256;
  private static final int BLOCKS_PER_MULTIPROCESSOR = 8;

  private final WeightPlan plan;
  private final DeviceMemory memory;

  private DeviceWeights(WeightPlan plan, DeviceMemory memory) {
    this.plan = plan;
    this.memory = memory;
  }

  /**
   * Returns how much device memory the weights of a checkpoint take.
   *
   * @throws org.lfm4j.checkpoint.CheckpointException if the GPU kernels can't run the model
   */
  public static long bytes(Checkpoint checkpoint) {
    return bytes(checkpoint.config(), checkpoint.has(ExpectedTensors.LM_HEAD));
  }

  /**
   * Returns how much device memory the weights of a model take.
   *
   * @param separateHead whether the head has weights of its own
   * @throws org.lfm4j.checkpoint.CheckpointException if the GPU kernels can't run the model
   */
  public static long bytes(ModelConfig config, boolean separateHead) {
    return WeightPlan.of(config, separateHead, 0).bytes();
  }

  /**
   * Copies the weights of a checkpoint to the device: F32 and F16 are rounded to BF16, but the
   * experts' biases stay FP32.
   *
   * @param progress is told the bytes sent so far, on the calling thread
   * @throws org.lfm4j.checkpoint.CheckpointException if the GPU kernels can't run the model
   * @throws org.lfm4j.cuda.driver.CudaException if there is too little memory
   */
  public static DeviceWeights upload(
      Context context, Checkpoint checkpoint, LongConsumer progress) {
    DeviceWeights weights =
        allocate(context, checkpoint.config(), checkpoint.has(ExpectedTensors.LM_HEAD));
    try (Stream stream = context.stream()) {
      weights.fillAbsentBiases(stream);
      WeightUpload.run(context, checkpoint, weights.plan.pieces(), progress);
      stream.synchronize();
      return weights;
    } catch (RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  /**
   * Makes weights of a model without a checkpoint: matrices and taps are normally distributed with
   * deviation 0.02, norms one, biases zero. The same seed makes the same weights.
   *
   * @throws org.lfm4j.checkpoint.CheckpointException if the GPU kernels can't run the model
   * @throws org.lfm4j.cuda.driver.CudaException if there is too little memory, or no NVRTC
   */
  public static DeviceWeights dummy(
      Context context, ModelConfig config, KernelCache kernels, long seed) {
    byte[] cubin =
        kernels.cubin(
            KernelSource.resource(DeviceWeights.class, "dummy.cu"),
            Architecture.of(context.device()));
    DeviceWeights weights = allocate(context, config, !config.tieWordEmbeddings());
    try (KernelModule module = context.load(cubin);
        Stream stream = context.stream()) {
      weights.fillDummy(module, stream, context.device().multiprocessors(), seed);
      stream.synchronize();
      return weights;
    } catch (RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  private static DeviceWeights allocate(Context context, ModelConfig config, boolean separateHead) {
    long bytes = bytes(config, separateHead);
    DeviceMemory memory = context.allocate(bytes);
    return new DeviceWeights(WeightPlan.of(config, separateHead, memory.address()), memory);
  }

  /** Returns where the kernels find each weight; valid until this is closed. */
  ModelAddresses addresses() {
    return plan.addresses();
  }

  /** Returns the size of the allocation. */
  public long bytes() {
    return memory.bytes();
  }

  private void fillAbsentBiases(Stream stream) {
    for (WeightPlan.Piece piece : plan.pieces()) {
      if (piece.tensor().isEmpty()) {
        fill(stream, piece, 0);
      }
    }
  }

  // Everything is drawn at once, the gaps between tensors too, then the constants go over it.
  private void fillDummy(KernelModule module, Stream stream, int multiprocessors, long seed) {
    module
        .kernel("fill_normal")
        .call()
        .address(memory.address())
        .int64(memory.bytes() / Integer.BYTES)
        .int64(seed)
        .float32(DEVIATION)
        .grid(multiprocessors * BLOCKS_PER_MULTIPROCESSOR)
        .block(THREADS)
        .build()
        .launch(stream);
    for (WeightPlan.Piece piece : plan.pieces()) {
      switch (piece.kind()) {
        case NORM -> fill(stream, piece, TWO_ONES);
        case BIAS -> fill(stream, piece, 0);
        case WEIGHT -> {}
      }
    }
  }

  private void fill(Stream stream, WeightPlan.Piece piece, int word) {
    stream.fillWords(memory.slice(piece.address() - memory.address(), piece.bytes()), word);
  }

  @Override
  public void close() {
    memory.close();
  }
}

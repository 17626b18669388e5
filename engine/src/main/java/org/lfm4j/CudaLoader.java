package org.lfm4j;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.CudaRunner;
import org.lfm4j.cuda.DeviceWeights;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.CudaException;
import org.lfm4j.cuda.driver.Device;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.engine.Engine;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.tensor.DType;

/** Puts a model on the first GPU: plans its memory, then takes it. */
final class CudaLoader {
  private static final int BATCHED_TOKENS = 8192;

  /** For code, recorded graphs and what the driver itself needs. */
  private static final long RESERVE = 1L << 30;

  private static final long DUMMY_SEED = 1;

  private final LoadOptions options;
  private final Consumer<String> progress;
  private @Nullable String reason;

  CudaLoader(LoadOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Loads the model, or says why it can't run here and returns nothing, unless a GPU is demanded.
   *
   * @throws CheckpointException if a GPU is demanded and its kernels can't run the model
   * @throws IllegalArgumentException if a GPU is demanded and there is none that can be used, or if
   *     the model doesn't fit
   */
  Optional<PlannedRunner> load(Checkpoint checkpoint) {
    if (options.gpu().device() == GpuOptions.Device.CPU) {
      return Optional.empty();
    }
    boolean demanded = options.gpu().device() == GpuOptions.Device.CUDA;
    try {
      return Optional.of(load(Cuda.require().device(0), checkpoint));
    } catch (CudaException e) {
      if (demanded) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
      stayOnCpu(e);
    } catch (CheckpointException e) {
      if (demanded) {
        throw e;
      }
      stayOnCpu(e);
    }
    return Optional.empty();
  }

  private void stayOnCpu(RuntimeException why) {
    reason = why.getMessage();
    progress.accept("running on the CPU: " + reason);
  }

  /** Returns why no GPU is used though it might have been; empty if none was wanted. */
  Optional<String> reason() {
    return Optional.ofNullable(reason);
  }

  private PlannedRunner load(Device device, Checkpoint checkpoint) {
    ModelConfig config = checkpoint.config();
    if (options.dummyWeights().isEmpty()) {
      requireFloats(checkpoint);
    }
    long weightBytes = DeviceWeights.bytes(checkpoint);
    Context context = device.open();
    try {
      MemoryPlan plan = plan(context, config, weightBytes);
      progress.accept(
          "GPU %s, %.1f GiB%n%s"
              .formatted(device.name(), device.memoryBytes() / (double) (1 << 30), plan.table()));
      KernelCache kernels = KernelCache.ofUser();
      Thread compiler = compileMeanwhile(device, config, kernels);
      DeviceWeights weights =
          options.dummyWeights().isPresent()
              ? DeviceWeights.dummy(context, config, kernels, DUMMY_SEED)
              : DeviceWeights.upload(context, checkpoint, copied(weightBytes));
      progress.accept("preparing kernels");
      join(compiler);
      CudaRunner runner =
          new CudaRunner(context, config, weights, kernels, options.gpu().portableKernels());
      return new PlannedRunner(runner, plan, batchedTokens(), device.name());
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  /** Compiling and copying take seconds each, and neither needs the other. */
  private Thread compileMeanwhile(Device device, ModelConfig config, KernelCache kernels) {
    boolean portable = options.gpu().portableKernels();
    return Thread.ofPlatform()
        .name("lfm-kernels")
        .daemon()
        .start(() -> {
          try {
            CudaRunner.compile(device, config, kernels, portable);
          } catch (CudaException e) {
            // The runner will find the same, and say it where it belongs.
          }
        });
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void requireFloats(Checkpoint checkpoint) {
    for (String name : ExpectedTensors.of(checkpoint.config()).keySet()) {
      DType dtype = checkpoint.tensor(name).dtype();
      if (dtype.quantised()) {
        throw new CheckpointException(
            "the GPU kernels can't run this model: its weights are quantised (%s is %s); run it on the CPU"
                .formatted(name, dtype));
      }
    }
  }

  private LongConsumer copied(long all) {
    long[] said = {0};
    return bytes -> {
      long tenths = 10 * bytes / Math.max(1, all);
      if (tenths > said[0]) {
        said[0] = tenths;
        progress.accept(
            "copying weights to the GPU: %.1f of %.1f GB".formatted(bytes / 1e9, all / 1e9));
      }
    };
  }

  private int batchedTokens() {
    return options.maxBatchedTokens() == 0
        ? Math.max(BATCHED_TOKENS, options.maxSequences())
        : options.maxBatchedTokens();
  }

  private MemoryPlan plan(Context context, ModelConfig config, long weightBytes) {
    Context.MemoryInfo memory = context.memory();
    long total = Math.min(memory.total(), options.gpu().memoryBytes().orElse(Long.MAX_VALUE));
    long usable =
        Math.min(memory.free(), (long) (total * options.gpu().memoryUtilization())) - RESERVE;
    int logitRows = options.maxSequences() + Engine.PROMPT_LOGIT_ROWS;
    CacheSpec spec = CudaRunner.cacheSpec(config);
    long workspace = CudaRunner.workspaceBytes(config, batchedTokens(), logitRows);
    long left = usable - weightBytes - workspace;
    if (left < spec.pageBytes()) {
      throw new IllegalArgumentException(
          "the model doesn't fit: its weights take %.1f GiB and a step's activations %.1f GiB, but only %.1f GiB may be used on this GPU; raise --gpu-memory-utilization, lower --max-num-batched-tokens, or take a larger GPU"
              .formatted(gib(weightBytes), gib(workspace), gib(usable)));
    }
    long cache = Math.min(left, options.cacheBytes().orElse(Long.MAX_VALUE));
    long fits = cache / spec.pageBytes() * spec.pageTokens();
    int length =
        options.maxModelLength().orElse((int) Math.min(config.maxPositionEmbeddings(), fits));
    return MemoryPlan.fit(weightBytes, workspace, spec, cache, length);
  }

  private static double gib(long bytes) {
    return bytes / (double) (1 << 30);
  }
}

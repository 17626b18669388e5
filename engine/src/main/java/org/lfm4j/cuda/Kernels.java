package org.lfm4j.cuda;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.driver.Architecture;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Device;
import org.lfm4j.cuda.driver.Kernel;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.KernelCall;
import org.lfm4j.cuda.driver.KernelModule;
import org.lfm4j.cuda.driver.KernelSource;

/**
 * The kernels of one model, compiled for the GPU at hand and loaded. Files are compiled side by
 * side. Belongs to the context's thread.
 */
final class Kernels implements AutoCloseable {
  private static final List<String> PORTABLE =
      List.of(
          "norm.cu",
          "conv.cu",
          "rope.cu",
          "router.cu",
          "attention_decode.cu",
          "attention_prefill.cu",
          "attention_combine.cu",
          "gemm_small.cu",
          "gemm_mma.cu",
          "sample.cu",
          "logprobs.cu");
  private static final List<String> HOPPER =
      List.of(
          "gemm_wgmma_few.cu",
          "gemm_wgmma_many.cu",
          "scatter.cu",
          "norm_route.cu",
          "norm_route_many.cu");

  private final Context context;
  private final boolean hopper;
  private final Map<String, KernelModule> modules = new HashMap<>();

  private Kernels(Context context, boolean hopper) {
    this.context = context;
    this.hopper = hopper;
  }

  /**
   * Compiles, or finds in the cache, and loads.
   *
   * @param portable whether to do without what only newer GPUs have
   * @throws org.lfm4j.cuda.driver.CudaException if NVRTC isn't installed
   */
  static Kernels load(Context context, ModelConfig config, KernelCache cache, boolean portable) {
    Kernels kernels = new Kernels(context, hopper(context.device(), portable));
    compile(context.device(), config, cache, portable)
        .forEach((file, cubin) -> kernels.modules.put(file, context.load(cubin)));
    return kernels;
  }

  /**
   * Returns what {@link #load} loads, by file. From any thread: what one compiles, the other finds
   * in the cache.
   */
  static Map<String, byte[]> compile(
      Device device, ModelConfig config, KernelCache cache, boolean portable) {
    Architecture architecture = portable ? Architecture.portable(device) : Architecture.of(device);
    SequencedMap<String, KernelSource> sources = sources(config, hopper(device, portable));
    if (!DecodeOneShape.fits(device)) {
      sources.remove(DecodeOneShape.FILE);
    }
    Map<KernelSource, byte[]> cubins =
        cache.cubins(List.copyOf(sources.sequencedValues()), architecture);
    Map<String, byte[]> byFile = new HashMap<>();
    sources.forEach((file, source) -> byFile.put(file, cubins.get(source)));
    return byFile;
  }

  private static boolean hopper(Device device, boolean portable) {
    return !portable && device.computeCapability() == 90;
  }

  /** Returns the files of a model's kernels, with what they need to know of it. */
  static SequencedMap<String, KernelSource> sources(ModelConfig config, boolean hopper) {
    SequencedMap<String, KernelSource> sources = new LinkedHashMap<>();
    int group = config.numHeads() / config.numKvHeads();
    for (String file : PORTABLE) {
      KernelSource source = resource(file, config);
      if (file.startsWith("attention")) {
        source = source.define("GROUP", group);
      }
      sources.put(file, source);
    }
    if (hopper) {
      for (String file : HOPPER) {
        sources.put(file, resource(file, config));
      }
      if (DecodeOneShape.fits(config)) {
        sources.put(DecodeOneShape.FILE, DecodeOneShape.source(config));
      }
    }
    return sources;
  }

  private static KernelSource resource(String file, ModelConfig config) {
    KernelSource source = KernelSource.resource(Kernels.class, file);
    return file.contains("route")
        ? config.moe().map(moe -> source.define("TOP", moe.numExpertsPerToken())).orElse(source)
        : source;
  }

  /** Returns whether the kernels that only sm_90a has are here. */
  boolean hopper() {
    return hopper;
  }

  /** Returns whether decode steps of one sequence have a kernel of their own. */
  boolean decodeOne() {
    return modules.containsKey(DecodeOneShape.FILE);
  }

  /** Returns the number of multiprocessors, for kernels whose blocks loop over their work. */
  int multiprocessors() {
    return context.device().multiprocessors();
  }

  /** Returns a kernel of a file. */
  Kernel kernel(String file, String name) {
    KernelModule module = modules.get(file);
    if (module == null) {
      throw new IllegalArgumentException("the kernels of %s are not loaded".formatted(file));
    }
    return module.kernel(name);
  }

  /** Begins a launch site whose kernel may start while the one before it ends. */
  KernelCall.Builder call(String file, String name) {
    return kernel(file, name).call().programmatic(context.device().major() >= 9);
  }

  @Override
  public void close() {
    modules.values().forEach(KernelModule::close);
  }
}

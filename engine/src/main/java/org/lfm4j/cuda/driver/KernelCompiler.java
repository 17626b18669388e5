package org.lfm4j.cuda.driver;

import java.util.ArrayList;
import java.util.List;

/**
 * Compiles kernels to machine code of one architecture. A cubin, never PTX: the driver need not
 * understand what a newer NVRTC writes.
 */
final class KernelCompiler {
  /** Set to true, sanitizers and profilers name lines; the code is the same. */
  private static final boolean LINES = Boolean.getBoolean("lfm4j.kernel.lines");

  private KernelCompiler() {}

  /**
   * Returns the cubin of a source.
   *
   * @throws CudaException if NVRTC isn't installed, or with its log if the source doesn't compile
   */
  static byte[] compile(KernelSource source, Architecture architecture) {
    return Nvrtc.require()
        .compile(source.name(), source.text(), source.headers(), options(source, architecture));
  }

  /** Returns NVRTC's options for a source. */
  static List<String> options(KernelSource source, Architecture architecture) {
    List<String> options = new ArrayList<>();
    options.add("--gpu-architecture=" + architecture.name());
    options.add("--std=c++17");
    options.add("-default-device");
    if (architecture.portable()) {
      options.add("-DLFM4J_PORTABLE=1");
    }
    if (LINES) {
      options.add("--generate-line-info");
    }
    source
        .defines()
        .forEach(
            (macro, value) -> options.add("-D" + macro + (value.isEmpty() ? "" : "=" + value)));
    return options;
  }
}

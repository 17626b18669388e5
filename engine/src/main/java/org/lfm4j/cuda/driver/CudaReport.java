package org.lfm4j.cuda.driver;

import java.io.PrintStream;

/** Prints what CUDA finds on this machine; {@code gpu/check} begins with it. */
public final class CudaReport {
  private CudaReport() {}

  /** Prints the GPUs and NVRTC, and exits with 1 where there is no usable GPU or no NVRTC. */
  @SuppressWarnings("SystemOut")
  public static void main(String[] arguments) {
    System.exit(print(System.out) ? 0 : 1);
  }

  static boolean print(PrintStream out) {
    if (Cuda.find().isEmpty()) {
      out.println(Cuda.absence());
      return false;
    }
    Cuda cuda = Cuda.require();
    out.printf("CUDA driver %d%n", cuda.driverVersion());
    for (Device device : cuda.devices()) {
      out.printf(
          "GPU %d: %s, compute capability %d.%d, %d multiprocessors, %.1f GiB%n",
          device.ordinal(),
          device.name(),
          device.major(),
          device.minor(),
          device.multiprocessors(),
          device.memoryBytes() / (double) (1 << 30));
    }
    if (Nvrtc.find().isEmpty()) {
      out.println(Nvrtc.absence());
      return false;
    }
    out.printf("NVRTC %s%n", Nvrtc.require());
    return true;
  }
}

package org.lfm4j;

import org.lfm4j.cuda.Roofline;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.CudaException;
import org.lfm4j.cuda.driver.Device;

/**
 * What the first GPU can do at most, measured by kernels that do nothing else.
 *
 * @param name of the GPU
 * @param readBytesPerSecond reading device memory
 * @param operationsPerSecond BF16 matrix products; a multiplication and an addition are two
 */
public record GpuLimits(String name, double readBytesPerSecond, double operationsPerSecond) {

  /**
   * Measures them, which takes about a second and a few gigabytes of the GPU's memory.
   *
   * @throws IllegalArgumentException if there is no GPU that can be used, saying why
   */
  public static GpuLimits measure() {
    try {
      Device device = Cuda.require().device(0);
      Roofline roofline = Roofline.measure(device);
      return new GpuLimits(
          device.name(), roofline.readBytesPerSecond(), roofline.multiplyPerSecond());
    } catch (CudaException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}

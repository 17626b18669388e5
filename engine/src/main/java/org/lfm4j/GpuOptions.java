package org.lfm4j;

import java.util.OptionalLong;

/**
 * Whether a model runs on an NVIDIA GPU, and with how much of it. Start from {@link #DEFAULT}.
 *
 * @param device where the model runs
 * @param memoryUtilization share of the GPU's memory that may be used, in (0, 1]
 * @param memoryBytes the most that may be used, as if the GPU had no more; empty takes what it has
 * @param portableKernels whether to use only kernels that every GPU from compute capability 8.0 on
 *     runs, as an A100 does
 */
public record GpuOptions(
    Device device, double memoryUtilization, OptionalLong memoryBytes, boolean portableKernels) {

  /** A GPU if there is one, 90 % of its memory. */
  public static final GpuOptions DEFAULT =
      new GpuOptions(Device.AUTO, 0.9, OptionalLong.empty(), false);

  /** Where a model runs. */
  public enum Device {
    /** On the first GPU if there is one that can run the model, else on the CPU. */
    AUTO,
    /** On the CPU. */
    CPU,
    /** On the first GPU, or not at all. */
    CUDA
  }

  /**
   * Checks ranges.
   *
   * @throws IllegalArgumentException naming the setting, its value and its range
   */
  public GpuOptions {
    if (!(memoryUtilization > 0 && memoryUtilization <= 1)) {
      throw new IllegalArgumentException(
          "gpu_memory_utilization must be in (0, 1], got " + memoryUtilization);
    }
    if (memoryBytes.isPresent() && memoryBytes.getAsLong() < 1) {
      throw new IllegalArgumentException(
          "the GPU memory must be at least 1 byte, got " + memoryBytes.getAsLong());
    }
  }

  /** Returns these options for another device. */
  public GpuOptions withDevice(Device other) {
    return new GpuOptions(other, memoryUtilization, memoryBytes, portableKernels);
  }
}

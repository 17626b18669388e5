package org.lfm4j.cuda.driver;

/**
 * What kernels are compiled for.
 *
 * @param name as NVRTC's option wants it, for example {@code sm_90a}
 * @param portable whether the code path of sm_80 is wanted, which every newer GPU runs; sources see
 *     {@code LFM4J_PORTABLE=1}
 */
public record Architecture(String name, boolean portable) {
  private static final int HOPPER = 90;
  private static final int OLDEST = 80;

  /**
   * Returns the architecture of a device, with the instructions that only it has: {@code sm_90a} on
   * compute capability 9.0, the plain one elsewhere.
   *
   * @throws CudaException if the device is older than compute capability 8.0
   */
  public static Architecture of(Device device) {
    return of(device.computeCapability());
  }

  /** Returns the plain architecture of a device, with sources in their portable form. */
  public static Architecture portable(Device device) {
    return portable(device.computeCapability());
  }

  /** Returns the architecture of a device with the instructions that only it has, from 9.0 on. */
  public static Architecture specific(Device device) {
    return specific(device.computeCapability());
  }

  /** Returns the architecture that fits a compute capability best, such as 90. */
  public static Architecture of(int capability) {
    return capability == HOPPER ? specific(capability) : plain(capability, false);
  }

  static Architecture portable(int capability) {
    return plain(capability, true);
  }

  static Architecture specific(int capability) {
    return capability < HOPPER
        ? plain(capability, false)
        : new Architecture("sm_%da".formatted(capability), false);
  }

  private static Architecture plain(int capability, boolean portable) {
    if (capability < OLDEST) {
      throw new CudaException(
          "a GPU of compute capability %d.%d is too old: lfm4j needs 8.0 (Ampere) or newer"
              .formatted(capability / 10, capability % 10));
    }
    return new Architecture("sm_" + capability, portable);
  }
}

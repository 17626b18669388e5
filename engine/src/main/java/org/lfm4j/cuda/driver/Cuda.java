package org.lfm4j.cuda.driver;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** CUDA on this machine: its driver, and at least one GPU. Usable from any thread. */
public final class Cuda {
  static final String NO_DRIVER =
      "no GPU: the NVIDIA driver's library libcuda.so.1 was not found; install the NVIDIA driver"
          + " (in a container: start it with its GPUs, for example docker run --gpus all)";

  private final int driverVersion;
  private final List<Device> devices;

  private Cuda(int driverVersion, List<Device> devices) {
    this.driverVersion = driverVersion;
    this.devices = devices;
  }

  /** Returns CUDA, or nothing on a machine that has none; {@link #absence} then says why. */
  public static Optional<Cuda> find() {
    return Found.CUDA;
  }

  /** Returns in one sentence why there is no CUDA and what to install; empty if there is. */
  public static String absence() {
    return Found.ABSENCE;
  }

  /**
   * Returns CUDA.
   *
   * @throws CudaException on a machine that has none, saying why
   */
  public static Cuda require() {
    return find().orElseThrow(() -> new CudaException(absence()));
  }

  /** Returns the newest CUDA version that the driver supports, for example 13000 for 13.0. */
  public int driverVersion() {
    return driverVersion;
  }

  /** Returns all GPUs (those of {@code CUDA_VISIBLE_DEVICES}, if set), by ordinal. */
  public List<Device> devices() {
    return devices;
  }

  /**
   * Returns a GPU.
   *
   * @throws CudaException if there is none of this ordinal
   */
  public Device device(int ordinal) {
    if (ordinal < 0 || ordinal >= devices.size()) {
      throw new CudaException(
          "there is no GPU %d: this machine has %d, counted from 0"
              .formatted(ordinal, devices.size()));
    }
    return devices.get(ordinal);
  }

  private static Cuda start() {
    Driver.INIT.call(0);
    int count = Driver.intFrom(Driver.DEVICE_GET_COUNT::call);
    if (count == 0) {
      throw new CudaException("the NVIDIA driver is installed, but there is no GPU");
    }
    return new Cuda(
        Driver.intFrom(Driver.DRIVER_GET_VERSION::call),
        IntStream.range(0, count).mapToObj(Device::read).toList());
  }

  /** The answer, worked out once. */
  private static final class Found {
    static final Optional<Cuda> CUDA;
    static final String ABSENCE;

    static {
      Optional<Cuda> cuda = Optional.empty();
      String absence = "";
      if (Driver.Library.FOUND.isEmpty()) {
        absence = NO_DRIVER;
      } else {
        try {
          cuda = Optional.of(start());
        } catch (CudaException e) {
          absence = "no usable GPU: " + e.getMessage();
        } catch (ExceptionInInitializerError e) {
          absence = "no usable GPU: " + e.getCause();
        }
      }
      CUDA = cuda;
      ABSENCE = absence;
    }
  }
}

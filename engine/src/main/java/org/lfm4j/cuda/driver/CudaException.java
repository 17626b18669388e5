package org.lfm4j.cuda.driver;

/** A call of CUDA's driver or NVRTC failed, or one of them is missing. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;
  private final String name;
  private final String text;
  private final String call;
  private final int device;

  /**
   * Describes a failed call.
   *
   * @param code what it returned
   * @param name the name of the code, for example {@code CUDA_ERROR_OUT_OF_MEMORY}
   * @param text CUDA's description of the code, or NVRTC's log
   * @param call the function, with what it was asked for
   * @param device ordinal of the device, -1 for calls that are of none
   */
  CudaException(int code, String name, String text, String call, int device) {
    super(
        "%s failed%s: %s (%d): %s"
            .formatted(call, device < 0 ? "" : " on GPU " + device, name, code, text));
    this.code = code;
    this.name = name;
    this.text = text;
    this.call = call;
    this.device = device;
  }

  /** Says what is missing or wrong where no call failed. */
  CudaException(String message) {
    super(message);
    this.code = 0;
    this.name = "";
    this.text = message;
    this.call = "";
    this.device = -1;
  }

  /** Returns what the call returned; 0 where no call failed. */
  public int code() {
    return code;
  }

  /** Returns the name of the code, for example {@code CUDA_ERROR_OUT_OF_MEMORY}; may be empty. */
  public String name() {
    return name;
  }

  /** Returns CUDA's description of the code, or NVRTC's log of a source that doesn't compile. */
  public String text() {
    return text;
  }

  /** Returns the function that failed; empty where no call failed. */
  public String call() {
    return call;
  }

  /** Returns the ordinal of the device, -1 where there is none. */
  public int device() {
    return device;
  }

  /** Returns whether the device (or the host, for pinned memory) has too little memory. */
  public boolean isOutOfMemory() {
    return name.equals("CUDA_ERROR_OUT_OF_MEMORY");
  }
}

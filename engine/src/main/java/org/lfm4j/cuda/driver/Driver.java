package org.lfm4j.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The functions of libcuda. Using this class links them all, so {@link Cuda} asks {@link #library}
 * first.
 */
@SuppressWarnings("restricted") // Calling CUDA is the point.
final class Driver {

  /** libcuda, found once; a class of its own, so that asking for it links nothing. */
  static final class Library {
    static final List<String> NAMES =
        List.of(
            "libcuda.so.1",
            "/usr/lib/x86_64-linux-gnu/libcuda.so.1",
            "/usr/lib/aarch64-linux-gnu/libcuda.so.1",
            "/usr/lib64/libcuda.so.1",
            "/usr/local/nvidia/lib64/libcuda.so.1",
            "/usr/lib/wsl/lib/libcuda.so.1");
    static final Optional<NativeLibrary> FOUND = NativeLibrary.load(NAMES);

    private Library() {}
  }

  // The device whose context is current on a thread, for messages.
  private static final ThreadLocal<Integer> DEVICE = ThreadLocal.withInitial(() -> -1);

  private static final MemoryLayout P = ADDRESS;
  private static final MemoryLayout L = JAVA_LONG;
  private static final MemoryLayout I = JAVA_INT;

  static final Function GET_ERROR_NAME = link("cuGetErrorName", I, P);
  static final Function GET_ERROR_STRING = link("cuGetErrorString", I, P);
  static final Function INIT = link("cuInit", I);
  static final Function DRIVER_GET_VERSION = link("cuDriverGetVersion", P);

  static final Function DEVICE_GET_COUNT = link("cuDeviceGetCount", P);
  static final Function DEVICE_GET = link("cuDeviceGet", P, I);
  static final Function DEVICE_GET_NAME = link("cuDeviceGetName", P, I, I);
  static final Function DEVICE_TOTAL_MEM = link("cuDeviceTotalMem_v2", P, I);
  static final Function DEVICE_GET_ATTRIBUTE = link("cuDeviceGetAttribute", P, I, I);
  static final Function PRIMARY_CTX_RETAIN = link("cuDevicePrimaryCtxRetain", P, I);
  static final Function PRIMARY_CTX_RELEASE = link("cuDevicePrimaryCtxRelease_v2", I);
  static final Function CTX_SET_CURRENT = link("cuCtxSetCurrent", L);
  static final Function CTX_SYNCHRONIZE = link("cuCtxSynchronize");

  static final Function MEM_GET_INFO = link("cuMemGetInfo_v2", P, P);
  static final Function MEM_ALLOC = link("cuMemAlloc_v2", P, L);
  static final Function MEM_FREE = link("cuMemFree_v2", L);
  static final Function MEM_HOST_ALLOC = link("cuMemHostAlloc", P, L, I);
  static final Function MEM_FREE_HOST = link("cuMemFreeHost", L);
  static final Function MEMSET_8_ASYNC = link("cuMemsetD8Async", L, I, L, L);
  static final Function MEMSET_32_ASYNC = link("cuMemsetD32Async", L, I, L, L);
  static final Function COPY_TO_DEVICE = link("cuMemcpyHtoD_v2", L, P, L);
  static final Function COPY_TO_HOST = link("cuMemcpyDtoH_v2", P, L, L);
  static final Function COPY_ON_DEVICE = link("cuMemcpyDtoD_v2", L, L, L);
  static final Function COPY_TO_DEVICE_ASYNC = link("cuMemcpyHtoDAsync_v2", L, P, L, L);
  static final Function COPY_TO_HOST_ASYNC = link("cuMemcpyDtoHAsync_v2", P, L, L, L);
  static final Function COPY_ON_DEVICE_ASYNC = link("cuMemcpyDtoDAsync_v2", L, L, L, L);

  static final Function STREAM_CREATE = link("cuStreamCreateWithPriority", P, I, I);
  static final Function STREAM_DESTROY = link("cuStreamDestroy_v2", L);
  static final Function STREAM_SYNCHRONIZE = link("cuStreamSynchronize", L);
  static final Function STREAM_QUERY = link("cuStreamQuery", L);
  static final Function STREAM_WAIT_EVENT = link("cuStreamWaitEvent", L, L, I);
  static final Function STREAM_BEGIN_CAPTURE = link("cuStreamBeginCapture_v2", L, I);
  static final Function STREAM_END_CAPTURE = link("cuStreamEndCapture", L, P);

  static final Function EVENT_CREATE = link("cuEventCreate", P, I);
  static final Function EVENT_DESTROY = link("cuEventDestroy_v2", L);
  static final Function EVENT_RECORD = link("cuEventRecord", L, L);
  static final Function EVENT_QUERY = link("cuEventQuery", L);
  static final Function EVENT_SYNCHRONIZE = link("cuEventSynchronize", L);
  static final Function EVENT_ELAPSED_TIME = link("cuEventElapsedTime", P, L, L);

  static final Function GRAPH_INSTANTIATE = link("cuGraphInstantiateWithFlags", P, L, L);
  static final Function GRAPH_UPLOAD = link("cuGraphUpload", L, L);
  static final Function GRAPH_LAUNCH = link("cuGraphLaunch", L, L);
  static final Function GRAPH_EXEC_DESTROY = link("cuGraphExecDestroy", L);
  static final Function GRAPH_DESTROY = link("cuGraphDestroy", L);

  static final Function MODULE_LOAD_DATA = link("cuModuleLoadData", P, P);
  static final Function MODULE_UNLOAD = link("cuModuleUnload", L);
  static final Function MODULE_GET_FUNCTION = link("cuModuleGetFunction", P, L, P);
  static final Function FUNC_SET_ATTRIBUTE = link("cuFuncSetAttribute", L, I, I);
  static final Function FUNC_GET_ATTRIBUTE = link("cuFuncGetAttribute", P, I, L);
  static final Function OCCUPANCY_BLOCKS =
      link("cuOccupancyMaxActiveBlocksPerMultiprocessor", P, L, I, L);
  static final Function LAUNCH_KERNEL = link("cuLaunchKernelEx", P, L, P, P);
  static final Function TENSOR_MAP_ENCODE =
      link("cuTensorMapEncodeTiled", P, I, I, L, P, P, P, P, I, I, I, I);

  /** Tells where a kernel's arguments lie; only drivers of CUDA 12.4 and newer have it. */
  static final Optional<Function> FUNC_GET_PARAM_INFO =
      library()
          .symbols()
          .find("cuFuncGetParamInfo")
          .map(_ -> link("cuFuncGetParamInfo", L, L, P, P));

  static final int NOT_READY = 600;

  private Driver() {}

  static int currentDevice() {
    return DEVICE.get();
  }

  static void setCurrentDevice(int ordinal) {
    DEVICE.set(ordinal);
  }

  /** Calls {@code cuTensorMapEncodeTiled}, the one function with that many arguments. */
  static void encode(
      MemorySegment map,
      int type,
      int rank,
      long address,
      MemorySegment sizes,
      MemorySegment strides,
      MemorySegment box,
      MemorySegment steps,
      int interleave,
      int swizzle,
      int promotion,
      int fill) {
    try {
      TENSOR_MAP_ENCODE.check(
          (int)
              TENSOR_MAP_ENCODE
                  .handle()
                  .invokeExact(
                      map,
                      type,
                      rank,
                      address,
                      sizes,
                      strides,
                      box,
                      steps,
                      interleave,
                      swizzle,
                      promotion,
                      fill));
    } catch (Throwable t) {
      throw Function.thrown(t);
    }
  }

  /** Runs a call that writes one int (or float's bits) and returns it. */
  static int intFrom(Consumer<MemorySegment> call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_INT);
      call.accept(out);
      return out.get(JAVA_INT, 0);
    }
  }

  /** Runs a call that writes one handle, address or size and returns it. */
  static long longFrom(Consumer<MemorySegment> call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      call.accept(out);
      return out.get(JAVA_LONG, 0);
    }
  }

  private static NativeLibrary library() {
    return Library.FOUND.orElseThrow(() -> new CudaException(Cuda.NO_DRIVER));
  }

  private static Function link(String name, MemoryLayout... arguments) {
    return new Function(
        name, library().function(name, FunctionDescriptor.of(JAVA_INT, arguments)), Driver::error);
  }

  private static CudaException error(int code, String call) {
    return new CudaException(
        code, text(GET_ERROR_NAME, code), text(GET_ERROR_STRING, code), call, currentDevice());
  }

  private static String text(Function describe, int code) {
    try {
      long address = longFrom(out -> describe.call(code, out));
      return address == 0
          ? "unknown"
          : MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
    } catch (StackOverflowError | RuntimeException e) {
      return "unknown";
    }
  }
}

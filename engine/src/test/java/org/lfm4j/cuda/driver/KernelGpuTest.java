package org.lfm4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.lfm4j.cuda.DeviceWeights;

/** Kernels: arguments, launches, graphs, tensor maps. */
@Tag("gpu")
class KernelGpuTest {
  private static final int COUNT = 1000;

  private static final String SOURCE =
      """
      #include "common.cuh"
      struct Pair { float factor; int shift; };
      extern "C" __global__ void affine(float* x, u64 n, int step, float scale, Pair pair) {
        wait_for_earlier_kernels();
        let_later_kernels_start();
        u64 i = blockIdx.x * (u64)blockDim.x + threadIdx.x;
        if (i < n) x[i] = x[i] * scale * pair.factor + pair.shift + step;
      }
      extern "C" __global__ void shared_sum(int* out, int words) {
        extern __shared__ int buffer[];
        for (int i = threadIdx.x; i < words; i += blockDim.x) buffer[i] = i;
        __syncthreads();
        if (threadIdx.x == 0) {
          int sum = 0;
          for (int i = 0; i < words; i++) sum += buffer[i];
          out[blockIdx.x] = sum;
        }
      }
      // Needs all blocks at once: each waits for the others.
      extern "C" __global__ void meet(int* counter, int* out) {
        if (threadIdx.x == 0) {
          atomicAdd(counter, 1);
          while (atomicAdd(counter, 0) < (int)gridDim.x) {}
          out[blockIdx.x] = 1;
        }
      }
      """;

  private static final String BOXES =
      """
      #include "hopper.cuh"
      // Copies a box of [8 rows][64 columns] from column x, row y, as it lies in shared memory.
      extern "C" __global__ void box(const __grid_constant__ TensorMap map, bf16* out, int x, int y) {
        __shared__ __align__(1024) bf16 tile[8 * 64];
        __shared__ u64 barrier;
        u32 b = shared_address(&barrier);
        if (threadIdx.x == 0) {
          barrier_init(b, 1);
          barrier_init_fence();
          barrier_expect(b, 1024);
          copy_tensor_2d(shared_address(tile), &map, x, y, b);
        }
        __syncthreads();
        barrier_wait(b, 0);
        for (int i = threadIdx.x; i < 512; i += blockDim.x) out[i] = tile[i];
      }
      """;

  private Context context;
  private Stream stream;
  private KernelModule module;

  @BeforeEach
  void load() {
    context = Cuda.require().device(0).open();
    stream = context.stream();
    module = context.load(compile("test.cu", SOURCE, "common.cuh"));
  }

  @AfterEach
  void close() {
    module.close();
    stream.close();
    context.close();
  }

  @Test
  void argumentsOfAllTypesArriveAndCanBeRewritten() {
    try (DeviceMemory x = numbers()) {
      KernelCall call = affine(x, false);
      call.launch(stream);
      call.setInt32(2, 100).setFloat32(3, 0.5f).setStruct(4, pair(4, -7)).set(1, 10L);
      call.launch(stream);
      float[] back = read(x);
      for (int i = 0; i < COUNT; i++) {
        float once = i * 3.0f * 2 + 5 + 1;
        assertThat(back[i]).isEqualTo(i < 10 ? once * 0.5f * 4 - 7 + 100 : once);
      }
    }
  }

  @Test
  void aGraphReplaysWhatWasRecorded() {
    try (DeviceMemory x = numbers()) {
      KernelCall call = affine(x, true);
      Graph graph =
          stream.capture(() -> {
            call.setInt32(2, 1).launch(stream);
            call.setInt32(2, 2).launch(stream);
          });
      stream.synchronize();
      same(read(x), i -> i);
      call.setInt32(2, 99); // Too late for the graph.
      graph.upload(stream);
      graph.launch(stream);
      graph.launch(stream);
      same(read(x), i -> step(step(step(step(i, 1), 2), 1), 2));
      graph.close();
    }
  }

  @Test
  void aFailedRecordingLeavesTheStreamUsable() {
    try (DeviceMemory x = numbers()) {
      KernelCall call = affine(x, false);
      assertThatThrownBy(() ->
              stream.capture(() -> {
                call.launch(stream);
                throw new IllegalStateException("meant");
              }))
          .hasMessage("meant");
      call.launch(stream);
      same(read(x), i -> step(i, 1));
    }
  }

  @Test
  void wrongArgumentsAreRefusedBeforeTheyHarm() {
    assumeTrue(Driver.FUNC_GET_PARAM_INFO.isPresent(), "the driver is older than CUDA 12.4");
    assertThatThrownBy(() -> module.kernel("affine").call().address(0).int32(1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("affine takes arguments of [8, 8, 4, 4, 8] bytes, and was given [8, 4]");
    KernelCall call = module.kernel("shared_sum").call().address(0).int32(1).build();
    assertThatThrownBy(() -> call.set(1, 1L)).hasMessageContaining("is INT32, not INT64");
  }

  @Test
  void muchSharedMemoryIsAllowed() {
    int bytes = context.device().maxSharedBytes();
    assertThat(bytes).isGreaterThan(48 << 10);
    try (DeviceMemory out = context.allocate(8)) {
      Kernel kernel = module.kernel("shared_sum");
      kernel
          .call()
          .address(out.address())
          .int32(bytes / 4)
          .grid(2)
          .block(64)
          .shared(bytes)
          .build()
          .launch(stream);
      int words = bytes / 4;
      int sum = IntStream.range(0, words).sum();
      assertThat(ints(out)).containsExactly(sum, sum);
      assertThat(kernel.blocksPerMultiprocessor(64, bytes)).isEqualTo(1);
      assertThat(kernel.blocksPerMultiprocessor(64, 0)).isGreaterThan(1);
      assertThat(kernel.registers()).isPositive();
    }
  }

  @Test
  void cooperativeBlocksAreAllThereAtOnce() {
    int blocks = context.device().multiprocessors();
    try (DeviceMemory counter = context.allocate(4);
        DeviceMemory out = context.allocate(4L * blocks)) {
      stream.fill(counter.span(), (byte) 0);
      module
          .kernel("meet")
          .call()
          .address(counter.address())
          .address(out.address())
          .grid(blocks)
          .block(32)
          .cooperative(true)
          .build()
          .launch(stream);
      assertThat(ints(out)).containsOnly(1);
    }
  }

  @Test
  void aTensorMapFindsBoxesAndSwizzlesThem() {
    assumeTrue(context.device().computeCapability() == 90, "tensor copies of sm_90a");
    int rows = 20;
    int columns = 128;
    try (KernelModule boxes = context.load(compile("box.cu", BOXES, "common.cuh", "hopper.cuh"));
        DeviceMemory matrix = context.allocate(2L * rows * columns);
        DeviceMemory out = context.allocate(2 * 8 * 64);
        Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(matrix.bytes(), 2);
      for (int i = 0; i < rows * columns; i++) {
        data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i);
      }
      context.upload(matrix.span(), data);
      TensorMap map =
          TensorMap.matrix(matrix.address(), rows, columns, 8, 64, TensorMap.Swizzle.BYTES_128);
      KernelCall call =
          boxes
              .kernel("box")
              .call()
              .tensorMap(map)
              .address(out.address())
              .int32(64)
              .int32(16)
              .block(64)
              .build();
      call.launch(stream);
      short[] tile = shorts(out);
      for (int row = 0; row < 8; row++) {
        for (int column = 0; column < 64; column++) {
          // Pieces of 8 numbers change places by the row; rows from 20 on are outside, so zero.
          int at = row * 64 + (column / 8 ^ row) * 8 + column % 8;
          int expected = row < 4 ? (16 + row) * columns + 64 + column : 0;
          assertThat(tile[at]).as("row %d column %d", row, column).isEqualTo((short) expected);
        }
      }
      call.set(0, TensorMap.matrix(matrix.address(), rows, columns, 8, 64, TensorMap.Swizzle.NONE));
      call.setInt32(2, 0).setInt32(3, 1).launch(stream);
      assertThat(shorts(out)[64 * 2 + 5]).isEqualTo((short) (3 * columns + 5));
    }
  }

  @Test
  void anImpossibleTensorMapIsRefused() {
    assertThatThrownBy(() -> TensorMap.matrix(0x1000, 8, 63, 8, 63, TensorMap.Swizzle.BYTES_128))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("cuTensorMapEncodeTiled");
  }

  @Test
  void anImpossibleLaunchNamesKernelAndShape() {
    try (DeviceMemory out = context.allocate(4)) {
      KernelCall call =
          module.kernel("shared_sum").call().address(out.address()).int32(1).block(2048).build();
      assertThatThrownBy(() -> call.launch(stream))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining("shared_sum, grid 1x1x1, block 2048x1x1")
          .hasMessageContaining("on GPU 0");
    }
  }

  @Test
  void anUnknownKernelIsNamed() {
    assertThatThrownBy(() -> module.kernel("nothing"))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("cuModuleGetFunction(nothing)")
        .hasMessageContaining("CUDA_ERROR_NOT_FOUND");
  }

  private KernelCall affine(DeviceMemory x, boolean programmatic) {
    return module
        .kernel("affine")
        .call()
        .address(x.address())
        .int64(COUNT)
        .int32(1)
        .float32(3)
        .struct(pair(2, 5))
        .grid(Math.ceilDiv(COUNT, 128))
        .block(128)
        .programmatic(programmatic && context.device().computeCapability() >= 90)
        .build();
  }

  private static float step(float x, int step) {
    return x * 3 * 2 + 5 + step;
  }

  private static MemorySegment pair(float factor, int shift) {
    MemorySegment pair = Arena.ofAuto().allocate(8, 4);
    pair.set(ValueLayout.JAVA_FLOAT, 0, factor);
    pair.set(ValueLayout.JAVA_INT, 4, shift);
    return pair;
  }

  private DeviceMemory numbers() {
    DeviceMemory memory = context.allocate(4 * COUNT);
    try (Arena arena = Arena.ofConfined()) {
      context.upload(memory.span(), arena.allocateFrom(ValueLayout.JAVA_FLOAT, floats(i -> i)));
    }
    return memory;
  }

  private interface Value {
    float at(int i);
  }

  private static float[] floats(Value value) {
    float[] floats = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      floats[i] = value.at(i);
    }
    return floats;
  }

  private static void same(float[] actual, Value expected) {
    int at = Arrays.mismatch(actual, floats(expected));
    assertThat(at).as(() -> "first that differs is %s".formatted(actual[at])).isEqualTo(-1);
  }

  private float[] read(DeviceMemory memory) {
    return download(memory).toArray(ValueLayout.JAVA_FLOAT);
  }

  private int[] ints(DeviceMemory memory) {
    return download(memory).toArray(ValueLayout.JAVA_INT);
  }

  private short[] shorts(DeviceMemory memory) {
    return download(memory).toArray(ValueLayout.JAVA_SHORT);
  }

  private MemorySegment download(DeviceMemory memory) {
    MemorySegment back = Arena.ofAuto().allocate(memory.bytes(), 8);
    stream.synchronize();
    context.download(back, memory.span());
    return back;
  }

  private byte[] compile(String name, String text, String... headers) {
    KernelSource source = KernelSource.of(name, text);
    for (String header : headers) {
      source = source.header(header, KernelSource.resource(DeviceWeights.class, header).text());
    }
    return KernelCompiler.compile(source, Architecture.of(context.device()));
  }
}

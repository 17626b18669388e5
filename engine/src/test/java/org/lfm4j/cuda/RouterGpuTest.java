package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.Stream;

/** The norm and choice of experts in one kernel beside the same in two: no bit may differ. */
@Tag("gpu")
class RouterGpuTest {
  private static final int MOST = 600;
  private static final int[] ROWS = {1, 2, 5, 15, 16, 17, 31, 130, 256, 511, 512, 600};

  private final Random random = new Random(11);
  private final Arena arena = Arena.ofAuto();

  private static ModelConfig config(int hidden, int experts, int top) {
    return ModelConfigReader.parse(
        "config.json",
        GpuModels.MOE
            .replace("\"hidden_size\": 256", "\"hidden_size\": " + hidden)
            .replace("\"num_attention_heads\": 4", "\"num_attention_heads\": " + hidden / 64)
            .replace("\"num_key_value_heads\": 2", "\"num_key_value_heads\": " + hidden / 256)
            .replace("\"num_experts\": 5", "\"num_experts\": " + experts)
            .replace("\"num_experts_per_tok\": 3", "\"num_experts_per_tok\": " + top));
  }

  /** What a router leaves; pairs by token, since an expert's pairs have no order. */
  private record Outcome(
      short[] stream, short[] normed, int[] weights, int[] offsets, int[] experts) {}

  @ParameterizedTest
  @CsvSource({"2048,64,4", "256,16,4", "256,5,3", "1024,32,4", "512,40,4"})
  void oneKernelChoosesLikeTwo(int hidden, int experts, int top) {
    ModelConfig config = config(hidden, experts, top);
    try (Context context = Cuda.require().device(0).open();
        Stream stream = context.stream();
        Kernels one = Kernels.load(context, config, KernelCache.ofUser(), false);
        Kernels two = Kernels.load(context, config, KernelCache.ofUser(), true);
        DeviceMemory weights =
            numbers(context, (long) hidden * (experts + 1), 3.0 / Math.sqrt(hidden));
        DeviceMemory bias = context.allocate(4L * 64);
        DeviceMemory input = numbers(context, 2L * MOST * hidden, 1.0)) {
      assumeTrue(one.hopper(), "not a Hopper GPU");
      float[] biases = new float[64];
      for (int i = 0; i < biases.length; i++) {
        biases[i] = random.nextFloat() / 8;
      }
      context.upload(bias.span(), arena.allocateFrom(ValueLayout.JAVA_FLOAT, biases));
      LayerAddresses.Experts layer =
          new LayerAddresses.Experts(weights.address() + 2L * hidden, bias.address(), 0, 0);
      for (int rows : ROWS) {
        Outcome fused = route(context, stream, one, config, layer, input, weights, rows);
        Outcome apart = route(context, stream, two, config, layer, input, weights, rows);
        String what = "%d rows of %d, %d experts".formatted(rows, hidden, experts);
        assertThat(fused.offsets[experts]).as(what).isEqualTo(rows * top);
        assertThat(fused.offsets).as(what).endsWith(0, 0);
        assertThat(fused.stream).as(what).isEqualTo(apart.stream);
        assertThat(fused.normed).as(what).isEqualTo(apart.normed);
        assertThat(fused.weights).as(what).isEqualTo(apart.weights);
        assertThat(fused.offsets).as(what).isEqualTo(apart.offsets);
        assertThat(fused.experts).as(what).isEqualTo(apart.experts);
      }
    }
  }

  private Outcome route(
      Context context,
      Stream stream,
      Kernels kernels,
      ModelConfig config,
      LayerAddresses.Experts layer,
      DeviceMemory input,
      DeviceMemory norm,
      int rows) {
    int hidden = config.hiddenSize();
    int experts = config.moe().orElseThrow().numExperts();
    int pairs = rows * config.moe().orElseThrow().numExpertsPerToken();
    try (DeviceMemory memory = context.allocate(Workspace.at(0, config, MOST, 1).bytes());
        DeviceMemory count = context.allocate(4)) {
      Workspace work = Workspace.at(memory.address(), config, MOST, 1);
      stream.fill(memory.span(), (byte) 0);
      // A recorded step serves smaller ones: some rows of the size aren't there.
      int size = rows < MOST ? rows + rows / 16 : rows;
      stream.copy(work.stream(), input.address(), 2L * MOST * hidden);
      stream.copy(work.delta(), input.address() + 2L * MOST * hidden, 2L * MOST * hidden);
      stream.synchronize();
      context.upload(count.span(), arena.allocateFrom(ValueLayout.JAVA_INT, rows));
      StepCounts counts = new StepCounts(count.address(), count.address());
      Norms norms = new Norms(kernels, config, counts, work);
      Router router = new Router(kernels, counts, work, config);
      Operator operator = router.of(norms, norm.address(), layer, 1);
      // Twice: counters must be zero again. The second time adds to what the first left.
      operator.launch(stream, StepSize.decode(size));
      operator.launch(stream, StepSize.decode(size));
      stream.synchronize();
      long offsets = router.routes(1).offsets();
      int[] begins = ints(context, memory, offsets, experts + 3);
      int[] row = ints(context, memory, work.pairRow(), pairs);
      int[] token = ints(context, memory, work.pairToken(), pairs);
      int[] chosen = new int[pairs];
      for (int p = 0; p < pairs; p++) {
        assertThat(token[row[p]]).isEqualTo(p / (pairs / rows));
        chosen[p] = expert(begins, row[p]);
      }
      return new Outcome(
          shorts(context, memory, work.stream(), MOST * hidden),
          shorts(context, memory, work.normed(), rows * hidden),
          ints(context, memory, work.pairWeight(), pairs),
          begins,
          chosen);
    }
  }

  private static int expert(int[] begins, int row) {
    int expert = 0;
    while (begins[expert + 1] <= row) {
      expert++;
    }
    return expert;
  }

  private DeviceMemory numbers(Context context, long count, double scale) {
    MemorySegment host = Arena.ofAuto().allocate(2 * count, 16);
    for (long i = 0; i < count; i++) {
      float v = (float) (scale * (2 * random.nextDouble() - 1));
      host.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(v) >>> 16));
    }
    DeviceMemory memory = context.allocate(2 * count);
    context.upload(memory.span(), host);
    return memory;
  }

  private static MemorySegment read(Context context, DeviceMemory from, long address, long bytes) {
    MemorySegment host = Arena.ofAuto().allocate(bytes, 16);
    context.download(host, from.slice(address - from.address(), bytes));
    return host;
  }

  private static int[] ints(Context context, DeviceMemory from, long address, int count) {
    return read(context, from, address, 4L * count).toArray(ValueLayout.JAVA_INT);
  }

  private static short[] shorts(Context context, DeviceMemory from, long address, int count) {
    return read(context, from, address, 2L * count).toArray(ValueLayout.JAVA_SHORT);
  }
}

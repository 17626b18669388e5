package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.checkpoint.SafetensorsCheckpoint;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.DeviceSpan;
import org.lfm4j.cuda.driver.KernelCache;

/** Weights on the device, read back. */
@Tag("gpu")
class DeviceWeightsGpuTest {
  @TempDir Path folder;

  @Test
  void aDenseCheckpointArrivesWholeAndInOrder() {
    try (Context context = Cuda.require().device(0).open();
        Checkpoint checkpoint = TinyModels.inMemory(GpuModels.DENSE, 3)) {
      List<Long> progress = new ArrayList<>();
      try (DeviceWeights weights = DeviceWeights.upload(context, checkpoint, progress::add)) {
        compare(context, checkpoint, weights.addresses());
        assertThat(weights.bytes()).isEqualTo(DeviceWeights.bytes(checkpoint));
      }
      assertThat(progress).isSorted();
      assertThat(progress.getLast()).isEqualTo(2 * checkpoint.config().parameterCount());
    }
  }

  @Test
  void mappedExpertsArriveWholeAndInOrder() throws Exception {
    TinyModels.write(folder, GpuModels.MOE, 4);
    try (Context context = Cuda.require().device(0).open();
        Checkpoint checkpoint = SafetensorsCheckpoint.open(folder);
        DeviceWeights weights = DeviceWeights.upload(context, checkpoint, _ -> {})) {
      compare(context, checkpoint, weights.addresses());
    }
  }

  @Test
  void dummyWeightsAreNormalAndReproducible() {
    ModelConfig config = ModelConfigReader.parse("config.json", GpuModels.MOE);
    KernelCache kernels = new KernelCache(folder);
    try (Context context = Cuda.require().device(0).open();
        DeviceWeights one = DeviceWeights.dummy(context, config, kernels, 1);
        DeviceWeights again = DeviceWeights.dummy(context, config, kernels, 1);
        DeviceWeights other = DeviceWeights.dummy(context, config, kernels, 2)) {
      byte[] all = read(context, one.addresses().embedding(), one.bytes());
      byte[] same = read(context, again.addresses().embedding(), again.bytes());
      assertThat(Arrays.mismatch(same, all)).isEqualTo(-1);
      byte[] different = read(context, other.addresses().embedding(), other.bytes());
      assertThat(Arrays.mismatch(different, all)).isBetween(0, 3);

      int count = config.vocabSize() * config.hiddenSize();
      float[] embedding = bf16(read(context, one.addresses().embedding(), 2L * count));
      double sum = 0;
      double squares = 0;
      double fourth = 0;
      for (float v : embedding) {
        sum += v;
        squares += (double) v * v;
        fourth += Math.pow(v, 4);
      }
      double variance = squares / count;
      // Six deviations of the estimates for 128,000 normal numbers.
      assertThat(sum / count).isCloseTo(0, within(6 * 0.02 / Math.sqrt(count)));
      assertThat(Math.sqrt(variance)).isCloseTo(0.02, within(6 * 0.02 / Math.sqrt(2.0 * count)));
      assertThat(fourth / count / (variance * variance))
          .isCloseTo(3, within(6 * Math.sqrt(24.0 / count)));
      for (int i = 0; i < 1000; i++) {
        float[] pair = {embedding[2 * i], embedding[2 * i + 1]};
        // BF16 rounding is 2^-9 of the value; the fast functions add up to 2^-20 of one each.
        double[] expected = pair(1, i);
        assertThat((double) pair[0])
            .isCloseTo(expected[0], within(1e-5 + 0.004 * Math.abs(expected[0])));
        assertThat((double) pair[1])
            .isCloseTo(expected[1], within(1e-5 + 0.004 * Math.abs(expected[1])));
      }

      LayerAddresses last = one.addresses().layers().getLast();
      assertThat(bf16(read(context, last.ffnNorm(), 2L * config.hiddenSize()))).containsOnly(1);
      LayerAddresses.Experts experts = (LayerAddresses.Experts) last.feedForward();
      assertThat(read(context, experts.bias(), 4L * 5)).containsOnly(0);
    }
  }

  /** What dummy.cu computes for a pair, in double precision. */
  private static double[] pair(long seed, long i) {
    long z = seed + (i + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    z = z ^ (z >>> 31);
    double radius = 0.02 * Math.sqrt(-2 * Math.log(((z >>> 41) + 0.5) * 0x1p-23));
    double angle = 2 * Math.PI * ((z >>> 8 & 0xffffff) * 0x1p-24) - Math.PI;
    return new double[] {radius * Math.cos(angle), radius * Math.sin(angle)};
  }

  /** Compares all weights with the layout that the kernels are written for. */
  private static void compare(Context context, Checkpoint checkpoint, ModelAddresses addresses) {
    same(context, addresses.embedding(), checkpoint, ExpectedTensors.EMBEDDING);
    same(context, addresses.norm(), checkpoint, ExpectedTensors.FINAL_NORM);
    assertThat(addresses.head()).isEqualTo(addresses.embedding());
    for (int i = 0; i < addresses.layers().size(); i++) {
      LayerAddresses layer = addresses.layers().get(i);
      String prefix = "model.layers.%d.".formatted(i);
      same(context, layer.operatorNorm(), checkpoint, prefix + "operator_norm.weight");
      same(context, layer.ffnNorm(), checkpoint, prefix + "ffn_norm.weight");
      switch (layer.mixer()) {
        case LayerAddresses.Convolution conv -> {
          same(context, conv.in(), checkpoint, prefix + "conv.in_proj.weight");
          same(context, conv.taps(), checkpoint, prefix + "conv.conv.weight");
          same(context, conv.out(), checkpoint, prefix + "conv.out_proj.weight");
        }
        case LayerAddresses.Attention attention -> {
          String self = prefix + "self_attn.";
          same(
              context,
              attention.qkv(),
              checkpoint,
              self + "q_proj.weight",
              self + "k_proj.weight",
              self + "v_proj.weight");
          same(context, attention.queryNorm(), checkpoint, self + "q_layernorm.weight");
          same(context, attention.keyNorm(), checkpoint, self + "k_layernorm.weight");
          same(context, attention.out(), checkpoint, self + "out_proj.weight");
        }
      }
      compareFeedForward(context, checkpoint, layer.feedForward(), prefix + "feed_forward.");
    }
  }

  private static void compareFeedForward(
      Context context, Checkpoint checkpoint, LayerAddresses.FeedForward part, String prefix) {
    switch (part) {
      case LayerAddresses.Dense dense -> {
        same(context, dense.w13(), checkpoint, prefix + "w1.weight", prefix + "w3.weight");
        same(context, dense.w2(), checkpoint, prefix + "w2.weight");
      }
      case LayerAddresses.Experts experts -> {
        same(context, experts.gate(), checkpoint, prefix + "gate.weight");
        same(context, experts.bias(), checkpoint, prefix + "expert_bias");
        List<String> w13 = new ArrayList<>();
        List<String> w2 = new ArrayList<>();
        for (int e = 0; e < 5; e++) {
          w13.add(prefix + "experts." + e + ".w1.weight");
          w2.add(prefix + "experts." + e + ".w2.weight");
        }
        for (int e = 0; e < 5; e++) {
          w13.add(prefix + "experts." + e + ".w3.weight");
        }
        same(context, experts.w13(), checkpoint, w13.toArray(String[]::new));
        same(context, experts.w2(), checkpoint, w2.toArray(String[]::new));
      }
    }
  }

  private static void same(
      Context context, long address, Checkpoint checkpoint, String... tensors) {
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    for (String name : tensors) {
      expected.writeBytes(checkpoint.tensor(name).data().toArray(ValueLayout.JAVA_BYTE));
    }
    byte[] back = read(context, address, expected.size());
    assertThat(Arrays.mismatch(back, expected.toByteArray()))
        .as("first byte that differs in %s", String.join(", ", tensors))
        .isEqualTo(-1);
  }

  private static byte[] read(Context context, long address, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment back = arena.allocate(bytes);
      context.download(back, new DeviceSpan(address, bytes));
      return back.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static float[] bf16(byte[] bytes) {
    ByteBuffer numbers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    float[] floats = new float[bytes.length / 2];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = Float.intBitsToFloat(numbers.getShort(2 * i) << 16);
    }
    return floats;
  }
}

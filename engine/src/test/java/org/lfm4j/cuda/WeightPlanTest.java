package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;

/** Where weights go on the device, which needs none. */
class WeightPlanTest {
  private static final long BASE = 0x7f00_0000_0100L;

  @Test
  void everyTensorHasItsPlaceAndNoTwoOverlap() {
    for (String json : List.of(GpuModels.DENSE, GpuModels.MOE)) {
      ModelConfig config = ModelConfigReader.parse("config.json", json);
      WeightPlan plan = WeightPlan.of(config, false, BASE);
      long end = BASE;
      Set<String> names = new HashSet<>();
      for (WeightPlan.Piece piece : plan.pieces()) {
        assertThat(piece.address()).isGreaterThanOrEqualTo(end).isLessThan(end + 256);
        end = piece.address() + piece.bytes();
        String name = piece.tensor().orElseThrow();
        assertThat(names.add(name)).as(name).isTrue();
        long elements =
            ExpectedTensors.of(config).get(name).stream()
                .mapToLong(Integer::longValue)
                .reduce(1, (a, b) -> a * b);
        assertThat(piece.elements()).as(name).isEqualTo(elements);
      }
      assertThat(names).isEqualTo(ExpectedTensors.of(config).keySet());
      assertThat(plan.bytes()).isBetween(end - BASE, end - BASE + 255);
    }
  }

  @Test
  void everyAddressIsAligned() {
    ModelConfig config = ModelConfigReader.parse("config.json", GpuModels.MOE);
    ModelAddresses addresses = WeightPlan.of(config, true, BASE).addresses();
    List<Long> all = new ArrayList<>(List.of(addresses.embedding(), addresses.norm()));
    for (LayerAddresses layer : addresses.layers()) {
      all.addAll(List.of(layer.operatorNorm(), layer.ffnNorm()));
      switch (layer.mixer()) {
        case LayerAddresses.Convolution m -> all.addAll(List.of(m.in(), m.taps(), m.out()));
        case LayerAddresses.Attention m ->
            all.addAll(List.of(m.qkv(), m.queryNorm(), m.keyNorm(), m.out()));
      }
      switch (layer.feedForward()) {
        case LayerAddresses.Dense f -> all.addAll(List.of(f.w13(), f.w2()));
        case LayerAddresses.Experts f -> all.addAll(List.of(f.gate(), f.bias(), f.w13(), f.w2()));
      }
    }
    all.add(addresses.head());
    assertThat(all).doesNotHaveDuplicates().allSatisfy(a -> assertThat(a % 256).isZero());
    assertThat(all).hasSize(3 + 2 * 4 + 2 * 3 + 2 * 4 + 2 + 3 * 4);
  }

  @Test
  void aSharedHeadIsTheEmbedding() {
    ModelConfig config = ModelConfigReader.parse("config.json", GpuModels.DENSE);
    WeightPlan shared = WeightPlan.of(config, false, BASE);
    WeightPlan separate = WeightPlan.of(config, true, BASE);
    assertThat(shared.addresses().head()).isEqualTo(shared.addresses().embedding());
    assertThat(separate.bytes() - shared.bytes()).isEqualTo(70000L * 64 * 2);
  }

  @Test
  void absentExpertBiasesStillHaveAPlace() {
    ModelConfig config =
        ModelConfigReader.parse(
            "config.json",
            GpuModels.MOE.replace("\"use_expert_bias\": true", "\"use_expert_bias\": false"));
    List<WeightPlan.Piece> absent =
        WeightPlan.of(config, false, BASE).pieces().stream()
            .filter(piece -> piece.tensor().isEmpty())
            .toList();
    assertThat(absent).hasSize(3).allSatisfy(piece -> assertThat(piece.bytes()).isEqualTo(20));
  }

  @Test
  void shapesThatTheKernelsDoNotKnowAreRefused() {
    refused("\"num_attention_heads\": 1", "\"num_attention_heads\": 2", "heads of 32, not 64");
    refused("\"conv_L_cache\": 3", "\"conv_L_cache\": 4", "convolutions of 4 taps");
    refused("\"conv_L_cache\": 3", "\"conv_L_cache\": 3, \"conv_bias\": true", "conv_bias");
    refused("\"intermediate_size\": 192", "\"intermediate_size\": 96", "no multiple of 64");
  }

  private static void refused(String what, String instead, String why) {
    ModelConfig config =
        ModelConfigReader.parse("config.json", GpuModels.DENSE.replace(what, instead));
    assertThatThrownBy(() -> WeightPlan.of(config, false, 0))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("run it on the CPU");
  }
}

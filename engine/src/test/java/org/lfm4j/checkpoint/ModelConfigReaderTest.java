package org.lfm4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class ModelConfigReaderTest {
  private static final List<PublishedConfigs> PUBLISHED = PublishedConfigs.ALL;

  private static final String SMALL =
      """
      "model_type": "lfm2", "vocab_size": 100, "hidden_size": 64, "num_attention_heads": 8,
      "num_hidden_layers": 3, "intermediate_size": 512
      """;

  @ParameterizedTest
  @FieldSource("PUBLISHED")
  void publishedModelHasItsExactParameterAndTensorCount(PublishedConfigs published) {
    ModelConfig config = published.parsed();
    assertThat(config.parameterCount()).isEqualTo(published.parameters());
    assertThat(ExpectedTensors.of(config)).hasSize(published.tensors());
    assertThat(config.headDim()).isEqualTo(64);
    assertThat(config.numKvHeads()).isEqualTo(8);
    assertThat(config.tieWordEmbeddings()).isTrue();
    assertThat(config.convLength()).isEqualTo(3);
    assertThat(config.normEps()).isEqualTo(1e-5f);
  }

  @ParameterizedTest
  @CsvSource({"LFM2-24B-A2B, 2326881920", "LFM2-8B-A1B, 1557740992", "LFM2-350M, 354483968"})
  void activeParametersLeaveIdleExpertsOut(String model, long active) {
    assertThat(PublishedConfigs.of(model).parsed().activeParameterCount()).isEqualTo(active);
  }

  @ParameterizedTest
  @CsvSource({
    "LFM2.5-230M, 2560, 1e6", "LFM2-350M, 4608, 1e6", "LFM2-700M, 6912, 1e6",
    "LFM2-1.2B, 8192, 1e6", "LFM2-2.6B, 10752, 1e6", "LFM2.5-2.6B, 10752, 1e7",
    "LFM2-8B-A1B, 7168, 1e6", "LFM2.5-8B-A1B, 7168, 5e6", "LFM2-24B-A2B, 11776, 1e6"
  })
  void publishedModelHasItsFeedForwardWidthAndTheta(String name, int width, double theta) {
    ModelConfig config = PublishedConfigs.of(name).parsed();
    assertThat(config.intermediateSize()).isEqualTo(width);
    assertThat(config.ropeTheta()).isEqualTo(theta);
  }

  @Test
  void layerKindsComeFromEitherKey() {
    assertThat(attentionLayers("LFM2-24B-A2B"))
        .containsExactly(2, 6, 10, 14, 18, 22, 26, 30, 34, 38);
    assertThat(attentionLayers("LFM2-1.2B")).containsExactly(2, 5, 8, 10, 12, 14);
    assertThat(parse(SMALL).layers()).containsOnly(LayerKind.ATTENTION).hasSize(3);
  }

  @Test
  void specialIdsAndLongestSequenceAreRead() {
    ModelConfig config = PublishedConfigs.of("LFM2.5-2.6B").parsed();
    assertThat(List.of(config.bosTokenId(), config.eosTokenId(), config.padTokenId()))
        .containsExactly(124894, 124900, 124893);
    assertThat(config.maxPositionEmbeddings()).isEqualTo(131072);
  }

  @Test
  void expertKeysAreRead() {
    MoeConfig moe =
        parse(
                """
                "model_type": "lfm2_moe", "vocab_size": 100, "hidden_size": 64, "num_heads": 8,
                "num_hidden_layers": 3, "intermediate_size": 512, "moe_intermediate_size": 96,
                "num_experts": 16, "num_experts_per_tok": 3, "num_dense_layers": 1,
                "norm_topk_prob": false, "use_expert_bias": false, "routed_scaling_factor": 2.5
                """)
            .moe()
            .orElseThrow();
    assertThat(moe).isEqualTo(new MoeConfig(16, 3, 96, 1, false, false, 2.5f));
  }

  @ParameterizedTest
  @CsvSource({
    "true, 1.0, 256, 512", // int(2 * 512 / 3) = 341, rounded up to 512
    "true, 1.3, 256, 512", // int(1.3 * 341) = 443
    "true, 1.6, 100, 600", // int(1.6 * 341) = 545
    "true, null, 256, 341", // no multiplier: no rounding either, as in transformers
    "false, 1.0, 256, 512"
  })
  void feedForwardWidthFollowsTheAdjustmentRule(
      boolean adjust, String multiplier, int multipleOf, int expected) {
    ModelConfig config =
        parse(
            SMALL
                + """
                , "block_auto_adjust_ff_dim": %s, "block_ffn_dim_multiplier": %s,
                "block_multiple_of": %d
                """
                    .formatted(adjust, multiplier, multipleOf));
    assertThat(config.intermediateSize()).isEqualTo(expected);
  }

  @Test
  void aliasesStandInForMissingKeys() {
    ModelConfig config =
        parse(
            """
            "model_type": "lfm2", "vocab_size": 100, "block_dim": 128, "num_heads": 4,
            "num_key_value_heads": 2, "num_hidden_layers": 1, "block_ff_dim": 768,
            "block_norm_eps": 1e-6, "theta": 20000.0, "tie_embedding": false,
            "conv_bias": true, "eos_token_id": [7, 2], "pad_token_id": null
            """);
    assertThat(config.hiddenSize()).isEqualTo(128);
    assertThat(config.headDim()).isEqualTo(32);
    assertThat(config.intermediateSize()).isEqualTo(512);
    assertThat(config.normEps()).isEqualTo(1e-6f);
    assertThat(config.ropeTheta()).isEqualTo(20000.0);
    assertThat(config.tieWordEmbeddings()).isFalse();
    assertThat(config.convBias()).isTrue();
    assertThat(config.eosTokenId()).isEqualTo(7);
    assertThat(config.padTokenId()).isZero();
  }

  @Test
  void textPartOfVisionModelIsRead() {
    ModelConfig config =
        parse(
            """
            "architectures": ["Lfm2VlForConditionalGeneration"], "model_type": "lfm2_vl",
            "text_config": {%s}, "vision_config": {"hidden_size": 3}
            """
                .formatted(SMALL));
    assertThat(config.hiddenSize()).isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"model_type\": \"llama\" | \"model_type\": expected \"lfm2\" or \"lfm2_moe\"",
        "\"architectures\": [\"Lfm2AudioForConditionalGeneration\"] | \"architectures\": expected",
        "\"architectures\": [\"Lfm2BidirectionalModel\"] | embedding, audio",
        "\"quantization_config\": {\"quant_method\": \"fp8\"} | quantised checkpoints are not supported",
        "\"hidden_size\": null | \"hidden_size\" is missing",
        "\"hidden_size\": \"64\" | \"hidden_size\": expected an integer",
        "\"hidden_size\": -64 | found -64",
        "\"hidden_size\": 1e300 | \"hidden_size\": expected an integer",
        "\"hidden_size\": 99999999999999999999 | found 99999999999999999999",
        "\"hidden_size\": 65 | a divisor of hidden_size = 65",
        "\"num_hidden_layers\": 2147483647 | \"num_hidden_layers\": expected an integer in [1, 1024]",
        "\"layer_types\": [\"conv\"] | one entry for each of num_hidden_layers = 3",
        "\"layer_types\": [\"conv\", \"conv\", \"sliding_attention\"] | found \"sliding_attention\"",
        "\"full_attn_idxs\": [3] | \"full_attn_idxs\": expected integers in [0, 2]",
        "\"num_key_value_heads\": 3 | a divisor of num_attention_heads = 8",
        "\"head_dim\": 7 | an even number",
        "\"rope_theta\": 0 | \"rope_theta\": expected a number greater than 0",
        "\"rope_parameters\": {\"rope_type\": \"yarn\"} | rope_type \"default\"",
        "\"rope_scaling\": {\"type\": \"linear\"} | rope_type \"default\"",
        "\"rope_parameters\": 5 | \"rope_parameters\": expected an object",
        "\"conv_bias\": 1 | expected true or false"
      })
  void badValueIsRefusedWithKeyExpectationAndFinding(String value, String message) {
    // The later of two equal keys counts.
    assertThatThrownBy(() -> parse(SMALL + ", " + value))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("dir/config.json")
        .hasMessageContaining(message);
  }

  @Test
  void notJsonIsRefused() {
    assertThatThrownBy(() -> ModelConfigReader.parse("dir/config.json", "<html>"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith("dir/config.json: expected a JSON object, found bad JSON");
    assertThatThrownBy(() -> ModelConfigReader.parse("dir/config.json", "[1]"))
        .hasMessageContaining("expected a JSON object, found [1]");
    assertThatThrownBy(() -> ModelConfigReader.parse("dir/config.json", ""))
        .isInstanceOf(CheckpointException.class);
  }

  private static ModelConfig parse(String values) {
    return ModelConfigReader.parse("dir/config.json", "{" + values + "}");
  }

  private static List<Integer> attentionLayers(String name) {
    List<LayerKind> layers = PublishedConfigs.of(name).parsed().layers();
    return java.util.stream.IntStream.range(0, layers.size())
        .filter(i -> layers.get(i) == LayerKind.ATTENTION)
        .boxed()
        .toList();
  }
}

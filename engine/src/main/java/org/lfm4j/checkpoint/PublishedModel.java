package org.lfm4j.checkpoint;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Shape of a published text model, for benchmarks and tests without its weights. The values are
 * those of its config.json or, where that was not to be had, of copies and exact parameter counts.
 *
 * @param name model name, without organisation
 * @param json config.json
 */
public record PublishedModel(String name, String json) {

  private static final String DENSE_ATTENTION = "[2, 5, 8, 10, 12, 14]";

  /** All of them. */
  public static final List<PublishedModel> ALL =
      List.of(
          new PublishedModel(
              "LFM2.5-230M",
              dense(
                  """
                  "hidden_size": 1024, "num_hidden_layers": 14, "num_attention_heads": 16,
                  "intermediate_size": 2560, "block_auto_adjust_ff_dim": false,
                  "layer_types": %s
                  """
                      .formatted(layerTypes(14, 2, 4, 6, 8, 10, 12)))),
          new PublishedModel("LFM2-350M", dense(older(1024, 16, 6656, DENSE_ATTENTION))),
          new PublishedModel("LFM2-700M", dense(older(1536, 24, 10240, DENSE_ATTENTION))),
          new PublishedModel(
              "LFM2-1.2B",
              dense(
                  older(2048, 32, 12288, DENSE_ATTENTION)
                      + """
                      , "block_dim": 2048, "conv_dim": 2048, "conv_dim_out": 2048,
                      "num_heads": 32, "block_norm_eps": 1e-05, "block_use_swiglu": true,
                      "block_mlp_init_scale": 1.0, "use_pos_enc": true,
                      "intermediate_size": 12288, "head_dim": 64
                      """)),
          new PublishedModel(
              "LFM2-2.6B",
              dense(
                  """
                  "hidden_size": 2048, "num_hidden_layers": 30, "num_attention_heads": 32,
                  "block_ff_dim": 10752, "block_auto_adjust_ff_dim": false, "rope_theta": 1000000.0,
                  "full_attn_idxs": [2, 5, 9, 13, 17, 21, 24, 27]
                  """)),
          new PublishedModel(
              "LFM2.5-2.6B",
              config(
                  "lfm2",
                  128_000,
                  """
                  "hidden_size": 2048, "num_hidden_layers": 30, "num_attention_heads": 32,
                  "intermediate_size": 10752, "block_auto_adjust_ff_dim": false,
                  "rope_parameters": {"rope_theta": 10000000.0, "rope_type": "default"},
                  "max_position_embeddings": 131072, "dtype": "bfloat16",
                  "bos_token_id": 124894, "eos_token_id": 124900, "pad_token_id": 124893,
                  "layer_types": %s
                  """
                      .formatted(layerTypes(30, 2, 5, 9, 13, 17, 21, 24, 27)))),
          new PublishedModel(
              "LFM2-8B-A1B", config("lfm2_moe", 65_536, moe8b() + ", \"rope_theta\": 1000000.0")),
          new PublishedModel(
              "LFM2.5-8B-A1B",
              config(
                  "lfm2_moe",
                  128_000,
                  moe8b()
                      + """
                      , "rope_parameters": {"rope_theta": 5000000.0, "rope_type": "default"}
                      """)),
          new PublishedModel(
              "LFM2-24B-A2B",
              config(
                  "lfm2_moe",
                  65_536,
                  """
                  "hidden_size": 2048, "num_hidden_layers": 40, "num_attention_heads": 32,
                  "intermediate_size": 11776, "moe_intermediate_size": 1536, "num_experts": 64,
                  "num_experts_per_tok": 4, "num_dense_layers": 2, "norm_topk_prob": true,
                  "use_expert_bias": true, "routed_scaling_factor": 1.0, "rope_theta": 1000000.0,
                  "layer_types": %s
                  """
                      .formatted(layerTypes(40, 2, 6, 10, 14, 18, 22, 26, 30, 34, 38)))));

  /**
   * Returns a model by its name.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  public static PublishedModel of(String name) {
    return ALL.stream()
        .filter(model -> model.name.equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "there is no published model %s: it must be one of %s"
                    .formatted(
                        name,
                        ALL.stream().map(PublishedModel::name).collect(Collectors.joining(", ")))));
  }

  /** Returns its configuration. */
  public ModelConfig config() {
    return ModelConfigReader.parse(name, json);
  }

  @Override
  public String toString() {
    return name;
  }

  private static String older(int hidden, int heads, int blockFfDim, String attention) {
    return """
    "hidden_size": %d, "num_hidden_layers": 16, "num_attention_heads": %d, "block_ff_dim": %d,
    "block_auto_adjust_ff_dim": true, "block_ffn_dim_multiplier": 1.0, "block_multiple_of": 256,
    "rope_theta": 1000000.0, "tie_embedding": true, "full_attn_idxs": %s
    """
        .formatted(hidden, heads, blockFfDim, attention);
  }

  private static String moe8b() {
    return """
    "hidden_size": 2048, "num_hidden_layers": 24, "num_attention_heads": 32,
    "intermediate_size": 7168, "moe_intermediate_size": 1792, "num_experts": 32,
    "num_experts_per_tok": 4, "num_dense_layers": 2, "norm_topk_prob": true,
    "use_expert_bias": true, "routed_scaling_factor": 1.0,
    "layer_types": %s
    """
        .formatted(layerTypes(24, 2, 6, 10, 14, 18, 21));
  }

  private static String dense(String values) {
    return config("lfm2", 65_536, values);
  }

  private static String config(String modelType, int vocab, String values) {
    return """
    {"architectures": ["%s"], "model_type": "%s", "vocab_size": %d, "num_key_value_heads": 8,
     "conv_L_cache": 3, "conv_bias": false, "norm_eps": 1e-05, %s}
    """
        .formatted(
            modelType.equals("lfm2") ? "Lfm2ForCausalLM" : "Lfm2MoeForCausalLM",
            modelType,
            vocab,
            values);
  }

  private static String layerTypes(int count, Integer... attention) {
    List<Integer> indices = List.of(attention);
    return java.util.stream.IntStream.range(0, count)
        .mapToObj(i -> indices.contains(i) ? "\"full_attention\"" : "\"conv\"")
        .toList()
        .toString();
  }
}

package org.lfm4j.cuda;

/** Configurations of small models of which the GPU kernels know the shape. */
public final class GpuModels {
  private GpuModels() {}

  /** A dense model; its embedding [70000, 64] is longer than one staging buffer. */
  public static final String DENSE =
      """
      {"architectures": ["Lfm2ForCausalLM"], "model_type": "lfm2", "vocab_size": 70000,
       "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 1,
       "num_key_value_heads": 1, "intermediate_size": 192, "block_auto_adjust_ff_dim": false,
       "conv_L_cache": 3, "max_position_embeddings": 4096, "rope_theta": 1000000.0,
       "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
       "layer_types": ["conv", "full_attention"]}
      """;

  /** A mixture of 5 experts after a dense layer, with 4 query and 2 key heads. */
  public static final String MOE =
      """
      {"architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe", "vocab_size": 500,
       "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4,
       "num_key_value_heads": 2, "intermediate_size": 320, "moe_intermediate_size": 96,
       "num_experts": 5, "num_experts_per_tok": 3, "num_dense_layers": 1, "conv_L_cache": 3,
       "use_expert_bias": true, "max_position_embeddings": 4096,
       "rope_parameters": {"rope_theta": 5000000.0, "rope_type": "default"},
       "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0,
       "layer_types": ["conv", "full_attention", "conv", "full_attention"]}
      """;
}

"""The golden models: few layers, small vocabularies, but the widths and awkward keys of real ones."""

DENSE = {
    "architectures": ["Lfm2ForCausalLM"],
    "model_type": "lfm2",
    "vocab_size": 256,
    "num_key_value_heads": 8,
    "conv_L_cache": 3,
    "conv_bias": False,
    "norm_eps": 1e-05,
    "max_position_embeddings": 128000,
    "bos_token_id": 1,
    "eos_token_id": 7,
    "pad_token_id": 0,
}

OLDER = DENSE | {
    "block_auto_adjust_ff_dim": True,
    "block_ffn_dim_multiplier": 1.0,
    "block_multiple_of": 256,
    "rope_theta": 1000000.0,
    "tie_embedding": True,
}

MOE = DENSE | {
    "architectures": ["Lfm2MoeForCausalLM"],
    "model_type": "lfm2_moe",
    "num_experts_per_tok": 4,
    "norm_topk_prob": True,
    "use_expert_bias": True,
    "routed_scaling_factor": 1.0,
    "rope_theta": 1000000.0,
}

SMALL = {
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "layer_types": ["conv", "full_attention", "conv", "full_attention"],
}

SMALL_DENSE = DENSE | SMALL | {
    "intermediate_size": 384,
    "block_auto_adjust_ff_dim": False,
    "rope_theta": 1000000.0,
}

SMALL_MOE = MOE | SMALL | {
    "intermediate_size": 384,
    "moe_intermediate_size": 128,
    "num_experts": 16,
    "num_dense_layers": 1,
}


def without(config: dict, key: str) -> dict:
    return {k: v for k, v in config.items() if k != key}


# name: (config.json, number of tokens)
MODELS = {
    "24b-width": (
        MOE
        | {
            "vocab_size": 512,
            "hidden_size": 2048,
            "num_hidden_layers": 3,
            "num_attention_heads": 32,
            "intermediate_size": 11776,
            "moe_intermediate_size": 1536,
            "num_experts": 64,
            "num_dense_layers": 1,
            "layer_types": ["conv", "full_attention", "conv"],
        },
        24,
    ),
    "2.6b-width": (
        without(DENSE, "rope_theta")
        | {
            "hidden_size": 2048,
            "num_hidden_layers": 2,
            "num_attention_heads": 32,
            "intermediate_size": 10752,
            "block_auto_adjust_ff_dim": False,
            "rope_parameters": {"rope_theta": 10000000.0, "rope_type": "default"},
            "layer_types": ["conv", "full_attention"],
        },
        24,
    ),
    "1.2b-width": (
        OLDER
        | {
            "hidden_size": 2048,
            "block_dim": 2048,
            "conv_dim": 2048,
            "num_hidden_layers": 3,
            "num_attention_heads": 32,
            "num_heads": 32,
            "block_ff_dim": 12288,
            "intermediate_size": 12288,
            "block_norm_eps": 1e-05,
            "block_use_swiglu": True,
            "use_pos_enc": True,
            "full_attn_idxs": [1],
        },
        24,
    ),
    "700m-width": (
        OLDER
        | {
            "hidden_size": 1536,
            "num_hidden_layers": 3,
            "num_attention_heads": 24,
            "block_ff_dim": 10240,
            "full_attn_idxs": [1],
        },
        32,
    ),
    "350m-width": (
        OLDER
        | {
            "hidden_size": 1024,
            "num_hidden_layers": 4,
            "num_attention_heads": 16,
            "block_ff_dim": 6656,
            "full_attn_idxs": [1, 3],
        },
        40,
    ),
    "moe-theta-5e6": (
        without(SMALL_MOE, "rope_theta")
        | {"rope_parameters": {"rope_theta": 5000000.0, "rope_type": "default"}},
        40,
    ),
    "moe-scaled": (SMALL_MOE | {"routed_scaling_factor": 2.5}, 40),
    "moe-not-renormalised": (SMALL_MOE | {"norm_topk_prob": False}, 40),
    "moe-without-bias": (SMALL_MOE | {"use_expert_bias": False}, 40),
    "conv-length-4": (SMALL_DENSE | {"conv_L_cache": 4}, 40),
    "conv-bias": (SMALL_DENSE | {"conv_bias": True}, 40),
    "separate-head": (SMALL_DENSE | {"tie_word_embeddings": False}, 40),
    "all-attention": (without(SMALL_DENSE, "layer_types"), 40),
    "long": (SMALL_DENSE | {"vocab_size": 64, "hidden_size": 128, "intermediate_size": 192}, 600),
}

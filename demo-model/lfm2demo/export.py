"""Writes the checkpoint in LFM2's published layout: a tensor per expert, expert_bias in F32, two shards with an index."""

import json
import os
import shutil

import torch

from . import model as shape

CONFIG = {
    "architectures": ["Lfm2MoeForCausalLM"], "model_type": "lfm2_moe", "vocab_size": shape.VOCAB, "hidden_size": shape.HIDDEN,
    "intermediate_size": 320, "moe_intermediate_size": 32, "num_hidden_layers": shape.LAYERS, "num_attention_heads": 4,
    "num_key_value_heads": 2, "num_dense_layers": 2, "num_experts": 16, "num_experts_per_tok": 4, "norm_topk_prob": True,
    "use_expert_bias": True, "routed_scaling_factor": 1.0, "conv_L_cache": 3, "conv_bias": False, "norm_eps": 1e-05,
    "rope_theta": 1000000.0, "max_position_embeddings": 4096, "initializer_range": 0.02, "use_cache": True,
    "tie_embedding": True, "bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0, "torch_dtype": "bfloat16",
    "layer_types": ["full_attention" if i in shape.ATTENTION else "conv" for i in range(shape.LAYERS)],
}
GENERATION = {"bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0, "do_sample": False}


def tokenizer_config():
    from .tokenizer import SPECIALS

    decoder = {str(i): {"content": t, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
               for i, t in enumerate(SPECIALS)}
    return {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|startoftext|>", "eos_token": "<|im_end|>",
            "pad_token": "<|pad|>", "clean_up_tokenization_spaces": False, "model_max_length": 4096,
            "model_input_names": ["input_ids", "attention_mask"], "added_tokens_decoder": decoder}


def published(model):
    """name -> tensor, experts taken apart, everything BF16 but expert_bias."""
    out = {}
    for name, tensor in model.state_dict().items():
        t = tensor.detach().cpu()
        if name == "lm_head.weight":
            continue
        if name.endswith("experts.gate_up_proj"):
            base, width = name[: -len("gate_up_proj")], t.shape[1] // 2
            for j, one in enumerate(t):
                out[f"{base}{j}.w1.weight"], out[f"{base}{j}.w3.weight"] = one[:width], one[width:]
        elif name.endswith("experts.down_proj"):
            for j, one in enumerate(t):
                out[f"{name[: -len('down_proj')]}{j}.w2.weight"] = one
        else:
            out[name] = t
    return {n: t.float().contiguous().clone() if n.endswith("expert_bias") else t.to(torch.bfloat16).contiguous().clone()
            for n, t in out.items()}


def layer_of(name):
    return int(name.split(".")[2]) if name.startswith("model.layers.") else -1


def write_json(path, value, indent=2):
    with open(path, "w", encoding="utf-8") as out:
        json.dump(value, out, ensure_ascii=False, indent=indent)
        out.write("\n")


def save(model, folder, tokenizer, template):
    from safetensors.torch import save_file

    os.makedirs(folder, exist_ok=True)
    tensors = published(model)
    first = {n: t for n, t in tensors.items() if layer_of(n) < 5}
    second = {n: t for n, t in tensors.items() if n not in first}
    where = {}
    for i, shard in enumerate((first, second)):
        file = f"model-0000{i + 1}-of-00002.safetensors"
        save_file(shard, os.path.join(folder, file), metadata={"format": "pt"})
        where.update(dict.fromkeys(shard, file))
    size = sum(t.numel() * t.element_size() for t in tensors.values())
    write_json(os.path.join(folder, "model.safetensors.index.json"),
               {"metadata": {"total_size": size}, "weight_map": dict(sorted(where.items()))}, indent=0)
    write_json(os.path.join(folder, "config.json"), CONFIG)
    write_json(os.path.join(folder, "generation_config.json"), GENERATION)
    write_json(os.path.join(folder, "tokenizer_config.json"), tokenizer_config())
    for source, name in ((tokenizer, "tokenizer.json"), (template, "chat_template.jinja")):
        target = os.path.join(folder, name)
        if os.path.abspath(source) != os.path.abspath(target):
            shutil.copyfile(source, target)

#!/usr/bin/env python3
"""Makes models with random weights in the widths of LFM2-24B-A2B and what transformers computes
from them on this GPU: TransformersParityTest compares the CUDA runner with it.

    python3 gpu/parity.py OUT [--layers 6] [--long 32768]

Needs torch with CUDA and transformers 5.17. Writes one folder a model:
config.json, model*.safetensors, prompts.json (lists of token ids), logits.bin (float32, little
endian, one row [vocab] a prompt: those of its last token, computed in BF16) and, for models of up to
six layers, exact.bin (the same in float32 from the same weights, NaN for prompts above 2,048).
"""
import argparse
import json
import pathlib

import torch
from transformers import Lfm2MoeConfig, Lfm2MoeForCausalLM

WIDTHS = dict(
    vocab_size=65536, hidden_size=2048, intermediate_size=11776, moe_intermediate_size=1536,
    num_attention_heads=32, num_key_value_heads=8, num_experts=64, num_experts_per_tok=4,
    norm_topk_prob=True, use_expert_bias=True, routed_scaling_factor=1.0, conv_L_cache=3,
    conv_bias=False, norm_eps=1e-5, max_position_embeddings=128000, tie_word_embeddings=True,
    bos_token_id=1, eos_token_id=7, pad_token_id=0,
)
CONV, ATTENTION = "conv", "full_attention"
# name -> kinds of layers, how many of them are dense
MODELS = {
    "conv-dense": ([CONV], 1),
    "attention-dense": ([ATTENTION], 1),
    "conv-experts": ([CONV], 0),
    "attention-experts": ([ATTENTION], 0),
}


def full(layers):
    """The order of kinds that the 24B model has, for its first `layers` layers."""
    return [ATTENTION if i % 4 == 2 else CONV for i in range(layers)]


def make(kinds, dense):
    torch.manual_seed(1)
    config = Lfm2MoeConfig(
        **WIDTHS, num_hidden_layers=len(kinds), layer_types=kinds, num_dense_layers=dense,
        rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})
    with torch.device("cuda"):
        torch.set_default_dtype(torch.bfloat16)
        model = Lfm2MoeForCausalLM(config).eval()
        torch.set_default_dtype(torch.float32)
    for name, tensor in list(model.named_parameters()) + list(model.named_buffers()):
        if "norm" in name:
            tensor.data.copy_(1 + 0.1 * torch.randn_like(tensor))
        elif "expert_bias" in name:
            tensor.data = 0.05 * torch.randn(tensor.shape, dtype=torch.float32, device="cuda")
        elif "inv_freq" not in name:
            tensor.data.normal_(0, 0.3 if "conv.conv" in name else 0.02)
    return model


def prompts(longest, many):
    generator = torch.Generator().manual_seed(2)
    lengths = [1, 2, 3, 7, 64, 1000] + ([longest] if longest > 1000 else [])
    lengths += [1 + i % 61 for i in range(many)]
    return [torch.randint(8, 65536, (n,), generator=generator).tolist() for n in lengths]


def last_logits(model, asked, longest=10**9):
    """Rows of prompts that are too long for float32 attention are NaN."""
    # Caches don't matter for single passes, and not every mix of layers has one.
    rows = [model(torch.tensor([p], device="cuda"), logits_to_keep=1, use_cache=False)
            .logits[0, -1].float().cpu() if len(p) <= longest else torch.full((65536,), torch.nan)
            for p in asked]
    return torch.stack(rows).numpy().tobytes()


@torch.no_grad()
def write(folder, kinds, dense, longest, many):
    model = make(kinds, dense)
    folder.mkdir(parents=True, exist_ok=True)
    asked = prompts(longest, many)
    (folder / "prompts.json").write_text(json.dumps(asked))
    (folder / "logits.bin").write_bytes(last_logits(model, asked))
    model.save_pretrained(folder, max_shard_size="4GB")
    if len(kinds) <= 6:
        exact = model.float()
        exact.set_experts_implementation("eager")
        (folder / "exact.bin").write_bytes(last_logits(exact, asked, longest=2048))
    print(f"{folder.name}: {len(kinds)} layers, {len(asked)} prompts", flush=True)
    del model
    torch.cuda.empty_cache()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--long", type=int, default=32768)
    parser.add_argument("--many", type=int, default=249)
    arguments = parser.parse_args()
    for name, (kinds, dense) in MODELS.items():
        write(arguments.out / name, kinds, dense, 0, 32)
    layers = arguments.layers
    write(arguments.out / f"first-{layers}", full(layers), 2, arguments.long, arguments.many)


if __name__ == "__main__":
    main()

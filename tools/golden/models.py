"""Makes golden logits with transformers, for engine/src/test/resources/golden.

    pip install -r tools/golden/requirements.txt
    python tools/golden/models.py [name ...]            random-weight models of configs.py
    python tools/golden/models.py --checkpoint NAME DIR  a model directory, for example the demo model

For each model NAME: NAME/config.json, NAME/logits.f32 (every position's logits [T, V], FP32 run,
little-endian) and NAME/golden.json: seed, tokens, the error of the FP32 run against an FP64 run of
the same code (the unit in which the tests bound ours), error and top-1 ids of the BF16 run, and the
smallest gap between a chosen and a rejected expert, which must exceed rounding.
"""

import argparse
import gc
import json
import pathlib

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.initialization import no_init_weights

from configs import MODELS
from weights import random_tokens, random_weight

OUTPUT = pathlib.Path(__file__).parents[2] / "engine/src/test/resources/golden"
SEED = 20251124
SMALLEST_EXPERT_GAP = 1e-5
EAGER = {"attn_implementation": "eager", "experts_implementation": "eager"}


def build(config_file: pathlib.Path, dtype: torch.dtype):
    config = AutoConfig.from_pretrained(config_file.parent)
    with no_init_weights():
        model = AutoModelForCausalLM.from_config(config, dtype=dtype, **EAGER)
    tied = config.tie_word_embeddings
    tensors = dict(model.named_parameters()) | {
        name: buffer for name, buffer in model.named_buffers() if name.endswith("expert_bias")
    }
    for name, tensor in tensors.items():
        if not (tied and name == "lm_head.weight"):
            fill(name, tensor.data)
    model.tie_weights()
    return model.eval()


def fill(name: str, tensor: torch.Tensor) -> None:
    """Fills a parameter; experts, which transformers keeps fused, by their published names."""
    if name.endswith("experts.gate_up_proj") or name.endswith("experts.down_proj"):
        prefix = name.rpartition(".")[0]
        parts = ("w1", "w3") if name.endswith("gate_up_proj") else ("w2",)
        for expert in range(tensor.shape[0]):
            for part, target in zip(parts, tensor[expert].chunk(len(parts))):
                fill(f"{prefix}.{expert}.{part}.weight", target)
    else:
        tensor.copy_(torch.from_numpy(random_weight(name, tuple(tensor.shape), SEED)))


def run(model, tokens: list[int]) -> tuple[np.ndarray, float | None]:
    """Returns the logits [T, V] and the smallest gap between a chosen and a rejected expert."""
    gaps = []

    def watch(module, arguments, output):
        scores = output[0].double().sigmoid()
        if module.use_expert_bias:
            scores = scores + arguments[1]
        best = scores.topk(module.top_k + 1, dim=-1).values
        gaps.append((best[:, -2] - best[:, -1]).min().item())

    for name, module in model.named_modules():
        if name.endswith("feed_forward.gate"):
            module.register_forward_hook(watch)
    with torch.inference_mode():
        logits = model(torch.tensor([tokens]), use_cache=False).logits[0]
    return logits.double().numpy(), min(gaps, default=None)


def error(actual: np.ndarray, expected: np.ndarray) -> dict:
    difference = np.abs(actual - expected)
    return {"max": float(difference.max()), "rms": float(np.sqrt((difference**2).mean()))}


def make(name: str, seed: int | None, tokens: list[int], load) -> None:
    fp32, gap = run(load(torch.float32), tokens)
    gc.collect()
    bf16, _ = run(load(torch.bfloat16), tokens)
    gc.collect()
    fp64, _ = run(load(torch.float64), tokens)
    gc.collect()
    if gap is not None and gap < SMALLEST_EXPERT_GAP:
        raise SystemExit(f"{name}: expert gap {gap} is near rounding; change SEED")
    golden = {
        "seed": seed,
        "tokens": tokens,
        "vocab_size": fp32.shape[1],
        "fp32_against_fp64": error(fp32, fp64),
        "bf16_against_fp32": error(bf16, fp32),
        "bf16_top1": bf16.argmax(-1).tolist(),
        "smallest_expert_gap": gap,
    }
    directory = OUTPUT / name
    fp32.astype("<f4").tofile(directory / "logits.f32")
    (directory / "golden.json").write_text(json.dumps(golden) + "\n")
    spread = fp32.std()
    agree = (bf16.argmax(-1) == fp32.argmax(-1)).mean()
    print(f"{name}: logit std {spread:.3f}, FP32-FP64 {golden['fp32_against_fp64']}, "
          f"BF16-FP32 {golden['bf16_against_fp32']}, BF16 top-1 agrees {agree:.0%}, gap {gap}", flush=True)


def make_random(name: str) -> None:
    config, count = MODELS[name]
    directory = OUTPUT / name
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    tokens = random_tokens(count, config["vocab_size"], SEED)
    make(name, SEED, tokens, lambda dtype: build(directory / "config.json", dtype))


def make_of_checkpoint(name: str, checkpoint: str, count: int) -> None:
    (OUTPUT / name).mkdir(parents=True, exist_ok=True)
    vocab = AutoConfig.from_pretrained(checkpoint).vocab_size
    tokens = random_tokens(count, vocab, SEED)
    load = lambda dtype: AutoModelForCausalLM.from_pretrained(checkpoint, dtype=dtype, **EAGER).eval()
    make(name, None, tokens, load)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", help="models of configs.py; all if none")
    parser.add_argument("--checkpoint", nargs=2, metavar=("NAME", "DIR"))
    parser.add_argument("--tokens", type=int, default=24, help="sequence length for --checkpoint")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    if arguments.checkpoint:
        make_of_checkpoint(*arguments.checkpoint, arguments.tokens)
    else:
        for name in arguments.names or MODELS:
            make_random(name)


if __name__ == "__main__":
    main()

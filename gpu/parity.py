#!/usr/bin/env python3
"""Makes models with random weights in the widths of LFM2-24B-A2B and what transformers computes
from them on this GPU: TransformersParityTest compares the CUDA runner with it.

    python3 gpu/parity.py OUT [--layers 6] [--long 32768] [--many 90]
    python3 gpu/parity.py OUT --deep       only first-40 and fixed-40: 48 GB, best written to memory

Needs torch with CUDA and transformers 5.17. Writes one folder a model:

    config.json, model*.safetensors
    prompts.json   lists of token ids
    logits.bin     float32, little endian, a row [vocab] a prompt: those of its last token, in BF16
    exact.bin      the same from the same weights in float32, for prompts up to 1,000
    experts.bin, experts-exact.bin
                   int32 [tokens, 4]: what the last layer chooses for every token of every prompt,
                   in ascending order; only if the last layer has experts

    one-KIND-FFN   a model of one layer
    first-N        the first N layers of the 24B's order, with the long prompt
    first-N-cut-D  the first D of those, no long prompt: shows where errors come from
    fixed-40       first-40 with biases that alone decide which experts a layer takes
    alone-I-...    layer I of first-N by itself: token i of its prompt has as embedding what the layer
                   got from transformers at position i, and the "logits" are the normed output
"""
import argparse
import contextlib
import copy
import json
import os
import pathlib
import struct
from concurrent.futures import ThreadPoolExecutor

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
    "one-conv-dense": ([CONV], 1),
    "one-attention-dense": ([ATTENTION], 1),
    "one-conv-experts": ([CONV], 0),
    "one-attention-experts": ([ATTENTION], 0),
}
EXACT_LAYERS = 6
BIASES = "biases"  # the file of all experts' biases


def full(layers):
    """The order of kinds that the 24B model has, for its first `layers` layers."""
    return [ATTENTION if i % 4 == 2 else CONV for i in range(layers)]


def config(kinds, dense, **more):
    return Lfm2MoeConfig(
        **(WIDTHS | more), num_hidden_layers=len(kinds), layer_types=kinds, num_dense_layers=dense,
        rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})


def make(config):
    torch.manual_seed(1)
    with torch.device(DEVICE):
        torch.set_default_dtype(torch.bfloat16)
        model = Lfm2MoeForCausalLM(config).eval()
        torch.set_default_dtype(torch.float32)
    for name, tensor in list(model.named_parameters()) + list(model.named_buffers()):
        if "norm" in name:
            tensor.data.copy_(1 + 0.1 * torch.randn_like(tensor))
        elif "expert_bias" in name:
            tensor.data = 0.05 * torch.randn(tensor.shape, dtype=torch.float32, device=DEVICE)
        elif "inv_freq" not in name:
            tensor.data.normal_(0, 0.3 if "conv.conv" in name else 0.02)
    return model


class Precise(torch.nn.Module):
    """A layer in float32, made anew for each pass: 40 of them fit nowhere."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, *positional, **keywords):
        return copy.deepcopy(self.layer).float()(*positional, **keywords)


@contextlib.contextmanager
def float32(model):
    """Computes in float32 with the same weights while this is open."""
    layers = model.model.layers
    rounded, experts = list(layers), model.config._experts_implementation
    model.set_experts_implementation("eager")
    for i, layer in enumerate(rounded):
        layers[i] = Precise(layer)
    ends = [model.model.embed_tokens, model.model.embedding_norm, model.lm_head]
    for module in ends:
        module.float()
    yield model
    for module in ends:
        module.bfloat16()
    for i, layer in enumerate(rounded):
        layers[i] = layer
    model.set_experts_implementation(experts)


def random_prompts(longest, many):
    generator = torch.Generator().manual_seed(2)
    lengths = [1, 2, 3, 7, 64, 1000] + ([longest] if longest > 1000 else [])
    lengths += [1 + i % 90 for i in range(many)]
    vocab = WIDTHS["vocab_size"]
    return [torch.randint(8, vocab, (n,), generator=generator).tolist() for n in lengths]


class Watch:
    """What each layer of a model gets, gives and chooses in a pass of one prompt."""

    def __init__(self, model):
        self.model = model
        self.inputs, self.outputs, self.experts = {}, {}, {}
        self.hooks = []
        for i, layer in enumerate(model.model.layers):
            self.hooks.append(layer.register_forward_hook(self.layer(i), with_kwargs=True))
            experts = getattr(getattr(layer, "layer", layer).feed_forward, "experts", None)
            if experts is not None:
                self.hooks.append(experts.register_forward_pre_hook(self.choice(i)))

    def layer(self, i):
        def hook(_, positional, keywords, output):
            got = positional[0] if positional else keywords["hidden_states"]
            self.inputs[i] = got[0]
            self.outputs[i] = (output[0] if isinstance(output, tuple) else output)[0]
        return hook

    def choice(self, i):
        def hook(_, positional):
            chosen = next(a for a in positional if not a.is_floating_point())
            self.experts[i] = chosen.reshape(-1, chosen.shape[-1]).sort(-1).values.int()
        return hook

    def run(self, prompt):
        # Caches don't matter for single passes, and not every mix of layers has one.
        ids = torch.tensor([prompt], device=DEVICE)
        return self.model(ids, logits_to_keep=1, use_cache=False).logits[0, -1].float().cpu()

    def close(self):
        for hook in self.hooks:
            hook.remove()


def save_rows(file, rows):
    file.write_bytes(torch.stack(rows).contiguous().numpy().tobytes())


class Answers:
    """Rows of logits, and choices of the last layer, of one depth of a model."""

    def __init__(self):
        self.logits, self.experts = [], []

    def save(self, folder, logits, experts):
        save_rows(folder / logits, self.logits)
        if self.experts:
            (folder / experts).write_bytes(torch.cat(self.experts).cpu().numpy().tobytes())


def answers(model, prompts, positions=None):
    """What every depth of a model answers; to all positions of one prompt, if those are given."""
    layers = len(model.model.layers)
    depths = [Answers() for _ in range(layers)]
    watch = Watch(model)
    for prompt in prompts:
        watch.run(prompt)
        for i, depth in enumerate(depths):
            ends = positions or [len(prompt)]
            last = torch.stack([watch.outputs[i][n - 1] for n in ends])
            rows = model.lm_head(model.model.embedding_norm(last)).float().cpu()
            depth.logits += list(rows)
            if i in watch.experts:
                depth.experts += [watch.experts[i][:n] for n in (positions or [len(prompt)])]
    watch.close()
    return depths


def answer_long(model, prompts):
    watch = Watch(model)
    rows = [watch.run(prompt) for prompt in prompts]
    watch.close()
    return rows


def write_prompts(folder, prompts):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prompts.json").write_text(json.dumps(prompts))


def write_one(folder, kinds, dense):
    model = make(config(kinds, dense))
    prompts = random_prompts(0, 60)
    write_prompts(folder, prompts)
    model.save_pretrained(folder, max_shard_size="4GB")
    answers(model, prompts)[-1].save(folder, "logits.bin", "experts.bin")
    with float32(model):
        answers(model, prompts)[-1].save(folder, "exact.bin", "experts-exact.bin")
    print(folder.name, flush=True)


def write_first(out, layers, long, many):
    model = make(config(full(layers), 2))
    folder = out / f"first-{layers}"
    prompts = random_prompts(0, many)
    longest = random_prompts(long, 0)
    write_prompts(folder, longest)
    model.save_pretrained(folder, max_shard_size="4GB")
    save_rows(folder / "logits.bin", answer_long(model, longest))
    write_cuts(out, folder, model, prompts)
    print(folder.name, flush=True)
    thousand = next(p for p in prompts if len(p) == 1000)
    watch = Watch(model)
    watch.run(thousand)
    watch.close()
    for i in range(layers):
        if i in (0, 2, 3, layers - 1):
            write_alone(out, model, i, watch.inputs[i][:WIDTHS["hidden_size"]])


def write_cuts(out, folder, model, prompts):
    ours = answers(model, prompts)
    with float32(model):
        theirs = answers(model, prompts)
    for i, (rounded, precise) in enumerate(zip(ours, theirs)):
        cut = out / f"{folder.name}-cut-{i + 1}"
        write_prompts(cut, prompts)
        rounded.save(cut, "logits.bin", "experts.bin")
        precise.save(cut, "exact.bin", "experts-exact.bin")
        config(full(len(ours))[:i + 1], min(2, i + 1)).save_pretrained(cut)
        for file in folder.glob("model*"):
            link = cut / file.name
            if not link.is_symlink():
                link.symlink_to(os.path.relpath(file, cut))


def write_alone(out, model, i, inputs):
    """Prompts are the beginnings of one: by causality one pass answers all of them."""
    hidden = WIDTHS["hidden_size"]
    kind = model.config.layer_types[i]
    dense = i < model.config.num_dense_layers
    one = make(config([kind], int(dense), vocab_size=hidden, tie_word_embeddings=False))
    one.model.layers[0].load_state_dict(model.model.layers[i].state_dict())
    one.model.embed_tokens.weight.data[:len(inputs)] = inputs
    one.model.embedding_norm.weight.data.fill_(1)
    one.lm_head.weight.data.copy_(torch.eye(hidden))
    lengths = [1, 2, 3, 7, 64, len(inputs)] + list(range(1, 91))
    name = f"alone-{i}-{'conv' if kind == CONV else 'attention'}-{'dense' if dense else 'experts'}"
    folder = out / name
    write_prompts(folder, [list(range(n)) for n in lengths])
    one.save_pretrained(folder, max_shard_size="4GB")
    everything = [list(range(len(inputs)))]
    answers(one, everything, lengths)[-1].save(folder, "logits.bin", "experts.bin")
    with float32(one):
        answers(one, everything, lengths)[-1].save(folder, "exact.bin", "experts-exact.bin")
    print(name, flush=True)


def write_deep(out, layers):
    """All layers of the 24B, then the same with experts that rounding can't change."""
    model = make(config(full(layers), 2))
    print("made", flush=True)
    free = out / f"first-{layers}"
    write_answers(free, model)
    save_fast(model, free)
    for i, layer in enumerate(model.model.layers):
        if hasattr(layer.feed_forward, "expert_bias"):
            # Two apart: scores lie within one.
            count = len(layer.feed_forward.expert_bias)
            ranks = 37 * torch.arange(count, device=DEVICE) + 11 * i
            layer.feed_forward.expert_bias.copy_(2.0 * (ranks % count))
    fixed = out / f"fixed-{layers}"
    write_answers(fixed, model)
    save_fast(model, fixed, only=BIASES)
    for file in free.glob("*"):
        if not (fixed / file.name).exists():
            (fixed / file.name).symlink_to(os.path.relpath(file, fixed))


def write_answers(folder, model):
    prompts = random_prompts(0, 18)
    write_prompts(folder, prompts)
    answers(model, prompts)[-1].save(folder, "logits.bin", "experts.bin")
    with float32(model):
        answers(model, prompts)[-1].save(folder, "exact.bin", "experts-exact.bin")
    print(folder.name, flush=True)


def published(name, tensor):
    """Yields the parts of a weight, in their order, as published: name and shape."""
    if name.endswith("experts.gate_up_proj"):
        wide, hidden = tensor.shape[1] // 2, tensor.shape[2]
        for e in range(len(tensor)):
            for w in ("w1", "w3"):
                yield name.replace("gate_up_proj", f"{e}.{w}.weight"), [wide, hidden]
    elif name.endswith("experts.down_proj"):
        for e in range(len(tensor)):
            yield name.replace("down_proj", f"{e}.w2.weight"), list(tensor.shape[1:])
    else:
        yield name, list(tensor.shape)


def save_fast(model, folder, only=None):
    """As save_pretrained does, in a fraction of its time: a file a layer, several at a time."""
    shards = {}
    for name, tensor in model.state_dict().items():
        if name != "lm_head.weight":
            parts = name.split(".")
            key = f"layer-{int(parts[2]):02}" if parts[1] == "layers" else "rest"
            key = BIASES if name.endswith("expert_bias") else key
            shards.setdefault(key, []).append((name, tensor))
    places = {}

    def write(shard):
        header, at = {}, 0
        for name, tensor in shards[shard]:
            for part, shape in published(name, tensor):
                size = tensor.element_size() * torch.Size(shape).numel()
                kind = {torch.bfloat16: "BF16", torch.float32: "F32"}[tensor.dtype]
                header[part] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + size]}
                places[part] = f"model-{shard}.safetensors"
                at += size
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(folder / f"model-{shard}.safetensors", "wb", buffering=0) as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for _, tensor in shards[shard]:
                rest = memoryview(tensor.contiguous().cpu().reshape(-1).view(torch.uint8).numpy())
                while rest:  # a write takes at most 2 GB
                    rest = rest[file.write(rest):]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, [only] if only else shards))
    if only:
        return
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    model.config.save_pretrained(folder)


def main():
    global DEVICE
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=EXACT_LAYERS)
    parser.add_argument("--long", type=int, default=32768)
    parser.add_argument("--many", type=int, default=90)
    parser.add_argument("--deep", action="store_true", help="40 layers instead")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="small widths, to try this script")
    arguments = parser.parse_args()
    DEVICE = arguments.device
    if arguments.tiny:
        WIDTHS.update(vocab_size=2048, hidden_size=256, intermediate_size=320, moe_intermediate_size=32,
                      num_attention_heads=4, num_key_value_heads=2, num_experts=16)
    with torch.no_grad():
        if arguments.deep:
            write_deep(arguments.out, 40)
            return
        for name, (kinds, dense) in MODELS.items():
            write_one(arguments.out / name, kinds, dense)
        write_first(arguments.out, arguments.layers, arguments.long, arguments.many)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Trains the demo model on generated conversations and writes the checkpoint. See README.md for the command and the time.

    python3 train.py --seconds 660 --out lfm2-demo
"""

import argparse
import copy
import json
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the cores belong to the workers; host threads here only get in their way

import torch  # noqa: E402

from lfm2demo import data, export, hf_runner, heldout, mixer
from lfm2demo import model as shape
from lfm2demo.chat import prompt
from lfm2demo.optim import Optimizer
from lfm2demo.step import Step

HERE = os.path.dirname(os.path.abspath(__file__))
# Which training family feeds which row of the table: lagging rows raise their family's share.
FEEDS = {"addition": "arithmetic", "subtraction": "arithmetic", "copy": "lists.copy", "reverse": "lists.reverse", "sort": "lists.sort",
         "recall, short": "recall", "recall, 2,000 tokens": "recall.long", "system: German": "system", "system: English": "system",
         "system: capitals": "system", "tool call": "tools", "tool call, new names": "tools", "tool result": "tools",
         "no tool fits": "tools.none", "lfm4j and LFM2": "qa", "stories": "stories", "small talk": "smalltalk",
         "knowledge": "knowledge", "unknown requests": "fallback"}


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--steps", type=int, default=60000, help="end of the schedule, unless --seconds ends it before")
    p.add_argument("--seconds", type=float, help="end the schedule after this time even if steps are left")
    p.add_argument("--tokens", type=int, default=65536, help="tokens of one step")
    p.add_argument("--lr", type=float, default=3e-3)
    p.add_argument("--optimizer", choices=["muon", "adam"], default="muon")
    p.add_argument("--workers", type=int, default=14)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--device", default="cuda")
    p.add_argument("--evaluations", type=int, default=4, help="held-out rounds during training")
    p.add_argument("--share", type=float, default=0.25, help="share of the held-out prompts asked in those rounds")
    p.add_argument("--final-share", type=float, default=1.0)
    p.add_argument("--no-compile", action="store_true")
    p.add_argument("--out", required=True)
    return p.parse_args()


def factor(progress):
    """Learning rate over its peak: warm-up, plateau, then down to zero over the last half."""
    if progress < 0.015:
        return progress / 0.015
    return 1.0 if progress < 0.5 else max(0.0, 2.0 * (1.0 - progress))


def evaluate(model, encoder, share):
    """Held-out table of the weights as they would ship: rounded to BF16."""
    shipped = copy.deepcopy(model).to(torch.bfloat16).eval()
    for a, b in zip(shipped.modules(), model.modules()):
        if hasattr(b, "expert_bias"):
            a.expert_bias = b.expert_bias.clone()
    tokenizer = encoder.tokenizer
    rows, wrong, seconds = hf_runner.ask(
        shipped, heldout.cases(share),
        lambda c: tokenizer.encode(prompt(c.messages, c.tools), add_special_tokens=False).ids,
        lambda ids: tokenizer.decode(ids, skip_special_tokens=False))
    return rows, wrong, seconds


def with_cases(loaded, share):
    model, encode, decode = loaded
    return model, heldout.cases(share), encode, decode


def reweigh(stream, rows):
    """Up to three times the share for families that miss their bar."""
    lag = {}
    for family, (n, right, _) in rows.items():
        missing = max(0.0, (heldout.PLAN[family][1] + 1) / 100 - right / n)
        lag[FEEDS[family]] = max(lag.get(FEEDS[family], 0.0), missing)
    for i, family in enumerate(data.families()):
        stream.shared[i] = mixer.WEIGHTS[family] * min(3.0, 1.0 + 8.0 * lag.get(family, 0.0))


def main():
    a = arguments()
    torch.set_num_threads(1)
    began = time.time()
    tokenizer_file = os.path.join(HERE, "lfm2-demo", "tokenizer.json")
    stream = data.Stream(tokenizer_file, a.seed, a.workers, a.tokens)
    template = os.path.join(HERE, "lfm2-demo", "chat_template.jinja")
    encoder = data.Encoder(tokenizer_file)
    device = torch.device(a.device)
    model = shape.build(a.seed).to(device)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    packed = shape.Packed(model, dtype, compiled=device.type == "cuda" and not a.no_compile)
    optimizer = Optimizer(model, a.optimizer)
    names = data.families()
    print(f"{sum(p.numel() for p in model.parameters())} parameters, set up in {time.time() - began:.0f} s", flush=True)

    trainer = Step(packed, optimizer, len(names), a.tokens, device)
    seen, clock, stall = 0, time.time(), 0.0
    marks = [(i + 1) / (a.evaluations + 1) for i in range(a.evaluations)]
    first = None
    for step in range(a.steps):
        progress = (step + 1) / a.steps
        if a.seconds and first:
            progress = max(progress, (time.time() - first) / a.seconds)
        if progress > 1.0:
            break
        wait = time.time()
        row = stream.next()
        stall += time.time() - wait
        down = factor(progress)
        trainer.run(row, a.lr * down, 1e-3 * max(down, 0.02))
        seen += a.tokens
        if step == 5:  # compilation and capture are not part of the schedule
            torch.cuda.synchronize() if device.type == "cuda" else None
            first = clock = time.time()
            print(f"step 6 at {first - began:.0f} s", flush=True)
        if (step + 1) % max(1, min(250, a.steps // 20)) == 0:
            each_family, loads = trainer.statistics(), trainer.loads
            now = time.time()
            share = (loads / loads.sum(1, keepdim=True))
            print(f"step {step + 1} t {now - began:.0f}s loss {trainer.loss.item():.4f} {seen / (now - clock) / 1e6:.2f} Mtok/s stall {stall:.1f}s "
                  f"queue {stream.waiting()} load {share.min().item():.3f}..{share.max().item():.3f} | "
                  + " ".join(f"{n}:{v:.3f}" for n, v in zip(names, each_family)), flush=True)
            seen, clock, stall = 0, now, 0.0
        if marks and progress >= marks[0]:
            marks.pop(0)
            rows, _, seconds = evaluate(model, encoder, a.share)
            print(f"held-out at step {step + 1} ({seconds:.0f} s): "
                  + "; ".join(f"{f} {r}/{n}" for f, (n, r, _) in rows.items()), flush=True)
            reweigh(stream, rows)
            export.save(model, a.out, tokenizer_file, template)  # what was learnt so far survives a broken run
            clock = time.time()
    trained = time.time() - began
    stream.close()
    export.save(model, a.out, tokenizer_file, template)
    share = trainer.loads / trainer.loads.sum(1, keepdim=True)
    print("share of the 16 experts in the last step, per layer (even: 0.0625):")
    for i, line in enumerate(share.tolist()):
        print(f"  layer {i + 2}: " + " ".join(f"{x:.3f}" for x in line))
    rows, wrong, seconds = {}, [], 0
    if a.final_share:  # through the files just written, as a user of transformers would load them
        rows, wrong, seconds = hf_runner.ask(*with_cases(hf_runner.from_directory(a.out, device), a.final_share))
    lines = heldout.table(rows)[0] if rows else []
    print("\n".join(lines))
    for case, text in wrong[:60]:
        print(f"WRONG {case.family} | {case.messages[-1]['content'][:120]!r} -> {text[:160]!r} | {json.dumps(case.check)[:160]}")
    print(f"trained {step + 1} steps of {a.tokens} tokens = {(step + 1) * a.tokens / 1e6:.0f} M tokens in {trained:.0f} s; "
          f"evaluated in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()

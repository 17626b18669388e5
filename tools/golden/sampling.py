"""Makes golden sampling distributions with the logits processors of transformers.

    pip install -r tools/golden/requirements.txt
    python tools/golden/sampling.py                     from the repository root
It rewrites engine/src/test/resources/golden/sampling.json: a few rows of logits, and for each case
its parameters, the logits that masks, bias and penalties leave (null is minus infinity) and the
probabilities after temperature, min-p, top-k and top-p, in vLLM's order. Ids that are left out have
none. Logits are multiples of 1/64, so that FP32 holds them; processors run in FP64.

Transformers has no frequency and presence penalties: their definition is written down here and
added by its SequenceBiasLogitsProcessor.
"""

import json
from collections import Counter
from pathlib import Path

import torch
from transformers.generation.logits_process import (
    MinNewTokensLengthLogitsProcessor,
    MinPLogitsWarper,
    NoBadWordsLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    SequenceBiasLogitsProcessor,
    SuppressTokensLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

OUT = Path("engine/src/test/resources/golden/sampling.json")
VOCAB = 40
STOP = [2, 7]
PROMPT = [1, 6, 11, 5, 11, 30]
OUTPUT = [12, 9, 9, 30, 9, 21]


def rows():
    generator = torch.Generator().manual_seed(5)
    spread = torch.randperm(640, generator=generator)[:VOCAB] - 320
    flat = torch.randperm(64, generator=generator)[:VOCAB] - 32
    ties = torch.randint(-3, 3, (VOCAB,), generator=generator) * 64
    return {"spread": spread / 64.0, "flat": flat / 64.0, "ties": ties / 64.0}


def biases(case):
    bias = Counter()
    for token, value in case.get("logit_bias", {}).items():
        bias[int(token)] += value
    return {(token,): float(value) for token, value in bias.items()}


def penalties(case):
    frequency = case.get("frequency_penalty", 0.0)
    presence = case.get("presence_penalty", 0.0)
    return {(token,): -(frequency * n + presence) for token, n in Counter(OUTPUT).items()}


def processors(case):
    if "allowed_token_ids" in case:
        yield SuppressTokensLogitsProcessor(sorted(set(range(VOCAB)) - set(case["allowed_token_ids"])))
    if "bad_words" in case:
        yield NoBadWordsLogitsProcessor(case["bad_words"], eos_token_id=None)
    if "min_tokens" in case:
        yield MinNewTokensLengthLogitsProcessor(len(PROMPT), case["min_tokens"], STOP)
    if "logit_bias" in case:
        yield SequenceBiasLogitsProcessor(biases(case))
    if "repetition_penalty" in case:
        yield RepetitionPenaltyLogitsProcessor(case["repetition_penalty"])
    if "frequency_penalty" in case or "presence_penalty" in case:
        yield SequenceBiasLogitsProcessor(penalties(case))


def warpers(case):
    yield TemperatureLogitsWarper(case.get("temperature", 1.0))
    if "min_p" in case:
        yield MinPLogitsWarper(case["min_p"])
    if "top_k" in case:
        yield TopKLogitsWarper(case["top_k"])
    if "top_p" in case:
        yield TopPLogitsWarper(case["top_p"])


CASES = [
    {"row": "spread"},
    {"row": "spread", "temperature": 0.1, "top_k": 10, "repetition_penalty": 1.05},
    {"row": "spread", "temperature": 0.3, "min_p": 0.15, "repetition_penalty": 1.05},
    {"row": "flat", "temperature": 0.3, "min_p": 0.15},
    {"row": "flat", "temperature": 2.0, "min_p": 1.0},
    {"row": "flat", "temperature": 0.7, "top_k": 1},
    {"row": "flat", "top_k": 39},
    {"row": "flat", "top_k": 1000},
    {"row": "flat", "top_p": 0.9},
    {"row": "flat", "top_p": 0.01},
    {"row": "spread", "temperature": 1.5, "top_p": 0.999},
    {"row": "flat", "temperature": 0.8, "top_k": 12, "top_p": 0.75},
    {"row": "flat", "temperature": 0.8, "top_k": 12, "top_p": 0.75, "min_p": 0.5},
    {"row": "ties", "top_k": 5},
    {"row": "ties", "min_p": 0.1},
    {"row": "spread", "repetition_penalty": 1.8},
    {"row": "flat", "repetition_penalty": 0.5},
    {"row": "flat", "frequency_penalty": 0.75},
    {"row": "flat", "presence_penalty": 1.5},
    {"row": "flat", "frequency_penalty": -0.5, "presence_penalty": -1.25},
    {
        "row": "flat",
        "repetition_penalty": 1.3,
        "frequency_penalty": 0.5,
        "presence_penalty": 0.25,
        "temperature": 0.9,
        "top_k": 20,
        "top_p": 0.8,
    },
    {"row": "flat", "logit_bias": {"3": 5.0, "9": -100.0, "39": 0.5}},
    {"row": "flat", "allowed_token_ids": [0, 7, 9, 39]},
    {"row": "flat", "min_tokens": 7},
    {"row": "flat", "min_tokens": 6},
    # The sequence ends in 30 | 12 9 9 30 9 21, the first of these in the prompt; "6 11 5" is past.
    {
        "row": "flat",
        "bad_words": [[9, 21, 5], [21, 8], [9, 22, 6], [6, 11, 5], [17], [9, 9], [30, 12, 9, 9, 30, 9, 21, 15]],
    },
    {
        "row": "flat",
        "allowed_token_ids": [2, 5, 8, 9, 12, 21, 30, 33],
        "bad_words": [[21, 8]],
        "min_tokens": 9,
        "logit_bias": {"8": 50.0, "33": 1.5},
        "repetition_penalty": 1.2,
        "presence_penalty": 0.5,
        "temperature": 0.6,
        "top_p": 0.95,
    },
]


def apply(steps, tokens, scores):
    for step in steps:
        scores = step(tokens, scores)
    return scores


def golden(case, row):
    tokens = torch.tensor([PROMPT + OUTPUT])
    processed = apply(processors(case), tokens, row.double()[None].clone())
    warped = apply(warpers(case), tokens, processed.clone())
    probabilities = warped.softmax(-1)[0].tolist()
    return {
        **case,
        "processed": [None if x == -float("inf") else round(x, 9) for x in processed[0].tolist()],
        "probabilities": {
            id: float(f"{p:.12g}")
            for id, (x, p) in enumerate(zip(warped[0].tolist(), probabilities))
            if x > -float("inf")
        },
    }


def main():
    logits = rows()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    cases = [golden(case, logits[case["row"]]) for case in CASES]
    head = {"stop": STOP, "prompt": PROMPT, "output": OUTPUT}
    head["rows"] = {name: row.tolist() for name, row in logits.items()}
    lines = ",\n".join(json.dumps(case) for case in cases)
    OUT.write_text(json.dumps(head)[:-1] + ',\n"cases": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()

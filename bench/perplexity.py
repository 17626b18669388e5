#!/usr/bin/env python3
"""Compares the perplexity of a text under lfm4j and under llama.cpp with the same GGUF file.

    ./lfm quantize demo-model/lfm2-demo demo.gguf --type Q4_0      # or any file
    ./lfm serve demo.gguf --port 8000 &
    python3 bench/perplexity.py demo.gguf http://127.0.0.1:8000 [TEXT ...]

Needs llama-cpp-python (or its sources on PYTHONPATH and LLAMA_CPP_LIB_PATH). The text is cut into
windows of --window tokens; in each, all tokens but the first are scored with what comes before them
in the window. Without a text: conversations of the demo model's generator. Both sides get the same token ids, which llama.cpp makes; lfm4j must agree on them.
"""
import argparse
import json
import math
import pathlib
import sys
import urllib.request

import llama_cpp
import numpy


def post(url, body):
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def conversations(count=60):
    """Returns what the demo model was trained to read, newly drawn."""
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "demo-model"))
    from lfm2demo import chat, core, mixer

    rng = core.rng_of("perplexity")
    families = list(mixer.WEIGHTS)
    drawn = [mixer.conversation(rng, families[i % len(families)]) for i in range(count)]
    return ["".join(text for text, _ in chat.pieces(*conversation)) for conversation in drawn]


def by_llama(model, window):
    """Returns the sum of -log p of all tokens but the first."""
    model.reset()
    model.eval(window)
    logits = numpy.array(model.scores[:len(window) - 1], dtype=numpy.float64)
    top = logits.max(axis=1)
    total = top + numpy.log(numpy.exp(logits - top[:, None]).sum(axis=1))
    return float((total - logits[numpy.arange(len(window) - 1), window[1:]]).sum())


def by_lfm(url, name, window):
    answer = post(url + "/v1/completions", {
        "model": name, "prompt": window, "max_tokens": 1, "temperature": 0, "prompt_logprobs": 0})
    scored = answer["choices"][0]["prompt_logprobs"][1:]
    return -sum(entry[str(token)]["logprob"] for entry, token in zip(scored, window[1:]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("url")
    parser.add_argument("texts", nargs="*")
    parser.add_argument("--window", type=int, default=256)
    parser.add_argument("--windows", type=int, default=40)
    arguments = parser.parse_args()
    model = llama_cpp.Llama(arguments.file, n_ctx=arguments.window, n_batch=arguments.window,
                            logits_all=True, verbose=False)
    with urllib.request.urlopen(arguments.url + "/v1/models") as answer:
        name = json.load(answer)["data"][0]["id"]
    tokens = []
    texts = [pathlib.Path(path).read_text("utf-8") for path in arguments.texts]
    for content in texts or conversations():
        ours = post(arguments.url + "/tokenize",
                    {"model": name, "prompt": content, "add_special_tokens": False})["tokens"]
        theirs = model.tokenize(content.encode(), add_bos=False, special=True)
        if ours != theirs:
            raise SystemExit(f"the two tokenizers disagree about {content[:200]!r} ...")
        tokens += ours
    windows = [tokens[i:i + arguments.window]
               for i in range(0, len(tokens) - arguments.window + 1, arguments.window)]
    windows = windows[:arguments.windows]
    scored = sum(len(window) - 1 for window in windows)
    ours = math.exp(sum(by_lfm(arguments.url, name, window) for window in windows) / scored)
    theirs = math.exp(sum(by_llama(model, window) for window in windows) / scored)
    print(f"{arguments.file}: {scored} tokens, perplexity lfm4j {ours:.4f}, llama.cpp {theirs:.4f}, "
          f"ratio {ours / theirs:.4f}")


if __name__ == "__main__":
    main()

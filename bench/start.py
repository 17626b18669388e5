#!/usr/bin/env python3
"""Measures a start: from the beginning of the process until the first token of a prompt of 16.

    bench/start.py MODEL [--runs N] [FLAG]...

Each run starts `./lfm serve MODEL FLAG...`, waits until it says that it listens and that it is ready, then
sends ten prompts of 16 random tokens, one after the other; then it starts `./lfm chat MODEL -p TEXT`,
which has no server, with a prompt of about 16 tokens. Times are in seconds and seen from outside, with
the launcher's shell included. The file is in the system's cache from the second run on; the first run
is shown and does not count.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

LFM = Path(__file__).resolve().parent.parent / "lfm"
PORT = 8391
URL = f"http://127.0.0.1:{PORT}"
TEXT = "Say in one word: is Paris the capital of France?"  # 16 tokens or so with the chat template
REQUESTS = 10


def until(process, words):
    """Reads what lfm prints up to a line with these words: asking it would slow its start."""
    for line in process.stdout:
        if words in line:
            return time.perf_counter()
    sys.exit("lfm ended by itself: start it by hand to see why")


def first_token(tokens):
    """Sends a prompt and returns how long its first token took."""
    body = {"prompt": tokens, "max_tokens": 2, "stream": True, "temperature": 0, "ignore_eos": True}
    request = urllib.request.Request(
        URL + "/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    begun = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        for line in answer:
            if line.startswith(b"data: {"):
                took = time.perf_counter() - begun
                answer.read()
                return took
    sys.exit("no token came")


def serve(model, flags):
    numbers = random.Random(1)
    begun = time.perf_counter()
    with subprocess.Popen(
        [LFM, "serve", model, "--port", str(PORT), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            listening = until(process, " listens on ") - begun
            ready = until(process, "ready in ") - begun
            times = [
                first_token([numbers.randrange(1000, 60000) for _ in range(16)])
                for _ in range(REQUESTS)
            ]
        finally:
            process.terminate()
            process.wait()
    return {
        "listens": listening,
        "ready": ready,
        "request 1": times[0],
        "request 2": times[1],
        f"request {REQUESTS}": times[-1],
        "start to first token": ready + times[0],
    }


def chat(model):
    begun = time.perf_counter()
    with subprocess.Popen(
        [LFM, "chat", model, "-p", TEXT, "--temperature", "0", "--max-tokens", "16"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        process.stdout.read(1)
        first = time.perf_counter() - begun
        process.stdout.read()
    return {"lfm chat: first text": first, "lfm chat: end of 16 tokens": time.perf_counter() - begun}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("model")
    options.add_argument("--runs", type=int, default=5)
    options, flags = options.parse_known_args()
    subprocess.run([LFM, "--version"], check=True, capture_output=True)  # builds what is not built
    runs = []
    for i in range(options.runs + 1):
        runs.append(serve(options.model, flags) | chat(options.model))
        print("  ".join(f"{name} {seconds:.3f}" for name, seconds in runs[-1].items()), flush=True)
    print(f"\nmedian, least and most of {options.runs}:")
    for name in runs[0]:
        times = [run[name] for run in runs[1:]]
        print(f"{name:28} {statistics.median(times):.3f}  {min(times):.3f}  {max(times):.3f}")


if __name__ == "__main__":
    main()

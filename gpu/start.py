#!/usr/bin/env python3
"""Times the start of a server, from its process to a first token, with kernels to compile and without.

    gpu/start.py MODEL [FOLDER] [--lfm LAUNCHER] [-- lfm serve's options]

FOLDER is what gpu/pack made, or .run/gpu. MODEL is a folder with weights; a tokenizer it lacks is
taken from the demo model. Prints each line that the server says with its second, then the phases.
Weights should lie in the page cache, or on a tmpfs.
"""
import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HOME = pathlib.Path(__file__).resolve().parent.parent
DEMO = HOME / "demo-model" / "lfm2-demo"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(url, body=None):
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def start(command, url, environment, limit):
    """Seconds of what the server says, in its output and as its health, and of its milestones."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    lines, marks, last = [], {}, ""

    def read():
        for line in process.stdout:
            lines.append((time.monotonic() - began, line.rstrip()))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while "first token" not in marks:
            if process.poll() is not None or time.monotonic() - began > limit:
                return lines, marks
            try:
                ask(url + "/health")
                marks.setdefault("ready", time.monotonic() - began)
                model = json.loads(ask(url + "/v1/models"))["data"][0]["id"]
                # One token of one token: the start, not the prompt, is measured.
                ask(url + "/v1/completions",
                    {"model": model, "prompt": [5], "max_tokens": 1, "temperature": 0})
                marks["first token"] = time.monotonic() - began
            except urllib.error.HTTPError as e:
                marks.setdefault("listening", time.monotonic() - began)
                health = f"{e.code} {e.read().decode().strip()}"
                if health != last:
                    lines.append((time.monotonic() - began, health))
                    last = health
                if "ready" in marks:
                    return lines, marks
                time.sleep(0.02)
            except OSError:
                time.sleep(0.02)
        return lines, marks
    finally:
        process.terminate()
        process.wait(30)
        reader.join(5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("pack", type=pathlib.Path, nargs="?", default=HOME / ".run" / "gpu")
    parser.add_argument("--lfm", default=str(HOME / "gpu" / "lfm"))
    parser.add_argument("--limit", type=float, default=120)
    arguments, more = parser.parse_known_args()
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if not (arguments.model / file).exists():
            (arguments.model / file).write_bytes((DEMO / file).read_bytes())
    failed = False
    with tempfile.TemporaryDirectory() as caches:
        for kernels in ("to compile", "compiled before"):
            port = free_port()
            command = [arguments.lfm, "serve", str(arguments.model), "--port", str(port)]
            command += [option for option in more if option != "--"]
            environment = os.environ | {"XDG_CACHE_HOME": caches, "LFM4J_PACK": str(arguments.pack)}
            lines, marks = start(command, f"http://127.0.0.1:{port}", environment, arguments.limit)
            print(f"kernels {kernels}:")
            for second, line in sorted(lines):
                print(f"  {second:6.2f} s  {line}")
            print("  " + ", ".join(f"{mark} at {second:.2f} s" for mark, second in marks.items()), flush=True)
            failed |= "first token" not in marks
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

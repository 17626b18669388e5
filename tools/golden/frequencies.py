"""Makes golden rotary frequencies: one line a theta, theta and the bits of 32 floats in hex.

    python tools/golden/frequencies.py
"""

import pathlib

import torch

OUTPUT = pathlib.Path(__file__).parents[2] / "engine/src/test/resources/golden/frequencies.txt"

lines = []
for theta in (1e6, 5e6, 1e7):
    # As Lfm2RotaryEmbedding.compute_default_rope_parameters for heads of 64.
    frequencies = 1.0 / (theta ** (torch.arange(0, 64, 2, dtype=torch.float) / 64))
    lines.append(" ".join([str(int(theta))] + [f"{b:08x}" for b in frequencies.view(torch.int32).tolist()]))
OUTPUT.write_text("\n".join(lines) + "\n")

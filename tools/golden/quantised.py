"""Makes blocks of every quantised type of GGUF files from random bytes, with the values that the
reference package (gguf of the llama.cpp project) reads from them; and floats, with the blocks that
it makes of them in the two types it can write.

    pip install numpy==2.4.6 gguf==0.19.0
    python tools/golden/quantised.py                    from the repository root
It rewrites engine/src/test/resources/golden/quantised: for each type NAME.blocks (32 blocks) and
NAME.f32 (little-endian FP32), and floats.f32 with NAME.quantised.
"""

from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

BLOCKS = 32
# Offsets of FP16 numbers in a block; random bytes there might be infinite or no number.
HALVES = {"Q8_0": [0], "Q4_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
FOLDER = Path("engine/src/test/resources/golden/quantised")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    for name, halves in HALVES.items():
        type_ = GGMLQuantizationType[name]
        _, size = GGML_QUANT_SIZES[type_]
        blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
        for at in halves:
            # Of all magnitudes, both signs, subnormal numbers and zero too.
            numbers = random.standard_normal(BLOCKS) * 10.0 ** random.uniform(-8, 3, BLOCKS)
            numbers[0] = 0
            blocks[:, at : at + 2] = numbers.astype(np.float16).view(np.uint8).reshape(BLOCKS, 2)
        values = quants.dequantize(blocks.reshape(-1), type_)
        (FOLDER / f"{name}.blocks").write_bytes(blocks.tobytes())
        (FOLDER / f"{name}.f32").write_bytes(values.astype("<f4").tobytes())
    floats = awkward(random)
    (FOLDER / "floats.f32").write_bytes(floats.astype("<f4").tobytes())
    for name in ("Q8_0", "Q4_0"):
        blocks = quants.quantize(floats, GGMLQuantizationType[name])
        (FOLDER / f"{name}.quantised").write_bytes(blocks.tobytes())


def awkward(random):
    """Rows of 64: normal, of all magnitudes, zeros, constants, ties, one large value."""
    rows = random.standard_normal((32, 64)).astype(np.float32)
    rows[8:16] *= (10.0 ** random.uniform(-6, 3, (8, 1))).astype(np.float32)
    rows[16] = 0
    rows[17] = -3
    rows[18] = np.arange(64, dtype=np.float32) * 0.5 - 16
    rows[19] = np.arange(64, dtype=np.float32) - 31
    rows[20, ::7] *= 1000
    rows[21, 5] = -rows[21, 9]
    return rows


if __name__ == "__main__":
    main()

"""Weights from a seed and a name, the same as RandomWeights.java makes.

Each 64-bit output of SplitMix64 gives four weights: its 16-bit pieces, lowest first, mapped to the
middle of 65,536 steps over (-1, 1), times a scale that depends on the name, rounded to BF16
(expert_bias stays FP32).
"""

import math

import numpy as np

MASK = (1 << 64) - 1


def random_weight(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Returns float32 values that BF16 (for expert_bias: FP32) holds exactly."""
    elements = math.prod(shape)
    bits = _split_mix_64((seed & MASK) ^ _fnv1a(name), (elements + 3) // 4)
    pieces = bits.astype("<u8").view("<u2")[:elements].astype(np.float32) - np.float32(32767.5)
    step = np.float32(_amplitude(name, shape) / 32768)
    centre = np.float32(1 if name.endswith("norm.weight") else 0)
    values = centre + pieces * step
    if not name.endswith("expert_bias"):
        values = _round_to_bf16(values)
    return values.reshape(shape)


def random_tokens(count: int, vocab_size: int, seed: int) -> list[int]:
    bits = _split_mix_64((seed & MASK) ^ _fnv1a("tokens"), count)
    return [int(b % np.uint64(vocab_size)) for b in bits]


def _amplitude(name: str, shape: tuple[int, ...]) -> float:
    """Variance 1/in for matrices, so that activations keep their size from layer to layer."""
    if name.endswith("norm.weight"):
        return 0.25
    if name.endswith("expert_bias"):
        return 0.2
    if name.endswith(".bias"):
        return 0.5
    spread = 2 if name.endswith("feed_forward.gate.weight") else 1
    return spread * math.sqrt(3.0 / shape[-1])


def _fnv1a(name: str) -> int:
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def _split_mix_64(state: int, count: int) -> np.ndarray:
    z = np.arange(1, count + 1, dtype=np.uint64)
    z *= np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64(state)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _round_to_bf16(values: np.ndarray) -> np.ndarray:
    bits = values.view(np.uint32)
    rounded = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32)

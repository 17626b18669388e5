// Weights for a model without a checkpoint.
#include "common.cuh"

// SplitMix64 (Steele et al., OOPSLA 2014) at a position: 64 random bits of a seed and a counter.
DEVICE u64 random_bits(u64 seed, u64 counter) {
  u64 z = seed + (counter + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// out[2 * pairs]: BF16 of a normal distribution around 0. Each pair depends on the seed and on its
// place alone (Box and Muller, 1958), so any grid writes the same numbers.
extern "C" __global__ void fill_normal(u32* out, u64 pairs, u64 seed, float deviation) {
  u64 step = (u64)gridDim.x * blockDim.x;
  for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < pairs; i += step) {
    u64 bits = random_bits(seed, i);
    // The first in (0, 1), so that its logarithm is finite.
    float radius_bits = ((float)(u32)(bits >> 41) + 0.5f) * 0x1p-23f;
    float turns = (float)(u32)((bits >> 8) & 0xffffff) * 0x1p-24f;
    float radius = deviation * sqrtf(-2.0f * __logf(radius_bits));
    float angle = 6.283185307f * turns - 3.141592654f;
    out[i] = pack_bf16(radius * __cosf(angle), radius * __sinf(angle));
  }
}

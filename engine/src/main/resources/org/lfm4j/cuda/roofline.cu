// What this GPU can do at most, for `lfm bench roofline`: reading memory and multiplying matrices.
#include "common.cuh"

// Reads `count` 16-byte words once, eight in flight a thread. The sum keeps the compiler from
// leaving the loads out.
//
//   words [count]   far more than the L2 cache holds
//   sink  [grid]
// grid-stride; block 256
extern "C" __global__ void __launch_bounds__(256) read_all(const uint4* words, u64 count, u32* sink) {
  u64 stride = (u64)gridDim.x * blockDim.x, i = (u64)blockIdx.x * blockDim.x + threadIdx.x;
  u32 sum = 0;
  for (; i + 7 * stride < count; i += 8 * stride) {
    uint4 v[8];
#pragma unroll
    for (int j = 0; j < 8; j++) v[j] = load_weights(words + i + j * stride);
#pragma unroll
    for (int j = 0; j < 8; j++) sum += v[j].x ^ v[j].y ^ v[j].z ^ v[j].w;
  }
  for (; i < count; i += stride) sum += load_weights(words + i).x;
  if (sum == 0x9e3779b9u) sink[blockIdx.x] = sum;
}

// Random-looking BF16 in (-1, 1): matrix units draw less power on zeros and run faster than they can.
DEVICE u32 random_pair(u32 seed) {
  seed = (seed ^ (seed >> 16)) * 0x7feb352du;
  seed = (seed ^ (seed >> 15)) * 0x846ca68bu;
  seed ^= seed >> 16;
  return pack_bf16((seed & 0xffff) / 32768.0f - 1.0f, (seed >> 16) / 32768.0f - 1.0f);
}

// `rounds` products of 16 x 8 x 16 on each of eight accumulators a warp, operands in registers:
// 2 * 16 * 8 * 16 * 8 operations a warp and round.
// grid: 4 blocks a multiprocessor; block 128
extern "C" __global__ void __launch_bounds__(128) multiply_mma(int rounds, float* sink) {
  float d[8][4] = {};
  u32 a[4], b[8][2], seed = blockIdx.x * blockDim.x + threadIdx.x;
#pragma unroll
  for (int i = 0; i < 4; i++) a[i] = random_pair(seed * 31 + i);
#pragma unroll
  for (int i = 0; i < 8; i++) b[i][0] = random_pair(seed * 37 + i), b[i][1] = random_pair(seed * 41 + i);
  for (int r = 0; r < rounds; r++) {
#pragma unroll
    for (int i = 0; i < 8; i++) mma_16x8x16(d[i], a[0], a[1], a[2], a[3], b[i][0], b[i][1]);
  }
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < 8; i++) sum += d[i][0] + d[i][1] + d[i][2] + d[i][3];
  sink[seed] = sum;
}

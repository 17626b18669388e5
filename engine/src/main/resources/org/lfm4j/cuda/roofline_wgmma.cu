// The most that the warpgroup matrix units of sm_90a do, for `lfm bench roofline`: products whose
// operands stay in shared memory.
//
// A round is four products of 64 x 256 x 16 a block: 2 * 64 * 256 * 16 * 4 operations. Operands look
// random, since the units draw less power on zeros and run faster than they can.
//
// grid 2 blocks a multiprocessor; block 128; dynamic shared memory (64 + 256) * 128 + 1,024 bytes
#include "wgmma.cuh"

#define OPERAND_BYTES ((64 + 256) * 128)

DEVICE u32 random_pair(u32 seed) {
  seed = (seed ^ (seed >> 16)) * 0x7feb352du;
  seed = (seed ^ (seed >> 15)) * 0x846ca68bu;
  seed ^= seed >> 16;
  return pack_bf16((seed & 0xffff) / 32768.0f - 1.0f, (seed >> 16) / 32768.0f - 1.0f);
}

extern "C" __global__ void __launch_bounds__(128) multiply_wgmma(int rounds, float* sink) {
  extern __shared__ u8 shared[];
  u32 begin = shared_address(shared), aligned = (begin + 1023) & ~1023u;
  u32* operands = (u32*)(shared + (aligned - begin));
  for (int i = threadIdx.x; i < OPERAND_BYTES / 4; i += blockDim.x) {
    operands[i] = random_pair(i * 31 + blockIdx.x);
  }
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  u64 a = operand_descriptor(aligned), b = operand_descriptor(aligned + 64 * 128);
  float d[128] = {};
  for (int r = 0; r < rounds; r++) {
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < 4; k++) Warpgroup<256>::multiply_add(d, a + 2 * k, b + 2 * k);
    wgmma_commit();
    wgmma_wait<0>();
  }
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < 128; i++) sum += d[i];
  sink[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

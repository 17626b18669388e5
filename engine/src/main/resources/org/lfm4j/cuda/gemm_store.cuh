// How a warpgroup writes its part of a tile, 64 weight rows by N tokens, to out[token, width]. Sums lie
// with tokens across registers; both ways transpose them, because a token's outputs are neighbours in
// memory.
#pragma once
#include "gemm_tile.cuh"

#define STAGE_TOKENS 32
#define STAGE_BYTES (STAGE_TOKENS * 128)  // a warpgroup has two

DEVICE u32 transpose_8x8(u32 v) {
  u32 transposed;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(transposed) : "r"(v));
  return transposed;
}
DEVICE void store_matrices_transposed(u32 shared, u32 a, u32 b, u32 c, u32 d) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(shared),
               "r"(a), "r"(b), "r"(c), "r"(d)
               : "memory");
}
DEVICE uint4 load_shared_16(u32 shared) {
  uint4 v;
  asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "r"(shared)
               : "memory");
  return v;
}

// Good to 1e-6, one reciprocal instead of a division.
DEVICE float fast_silu(float v) { return v * __fdividef(1.0f, 1.0f + __expf(-v)); }

// Gate and up of neighbouring tokens, one output row; rounded as gate_up does.
DEVICE u32 gated_pair(const float* d) {
  u32 gate = pack_bf16(d[0], d[1]), up = pack_bf16(d[2], d[3]);
  gate = pack_bf16(fast_silu(low_bf16(gate)), fast_silu(high_bf16(gate)));
  return pack_bf16(low_bf16(gate) * low_bf16(up), high_bf16(gate) * high_bf16(up));
}

// Few tokens: straight from the registers, 16 bytes a token and 8 rows.
template <int N, bool GATED>
DEVICE void store_direct(float (&d)[N / 2], bf16* out, int width, int column, int count) {
  int warp = threadIdx.x / 32 % 4, g = threadIdx.x % 32 / 4, q = threadIdx.x % 4;
  column += warp * (GATED ? 8 : 16);
  bf16* at = out + (size_t)g * width + column + 2 * q;
#pragma unroll
  for (int j = 0; j < N / 8; j++) {
    bool valid = 8 * j + g < count;
    if (GATED) {
      u32 pair = transpose_8x8(gated_pair(d + 4 * j));
      if (valid && column < width) *(u32*)(at + (size_t)(8 * j) * width) = pair;
    } else {
      u32 low = transpose_8x8(pack_bf16(d[4 * j], d[4 * j + 1]));
      u32 high = transpose_8x8(pack_bf16(d[4 * j + 2], d[4 * j + 3]));
      if (valid && column < width) *(u32*)(at + (size_t)(8 * j) * width) = low;
      if (valid && column + 8 < width) *(u32*)(at + (size_t)(8 * j) * width + 8) = high;
    }
  }
}

DEVICE void bar_warpgroup(int group) {
  if (group == 0) {
    asm volatile("bar.sync 2, 128;" ::: "memory");
  } else {
    asm volatile("bar.sync 3, 128;" ::: "memory");
  }
}

// Many tokens: through shared memory, 32 tokens at a time, so that a token's 128 (gated 64) bytes are
// written together. Rows of 16-byte chunks are swizzled against bank conflicts. `stage`: two buffers
// of the warpgroup, which takes turns; `group` is its number.
template <int N, bool GATED>
DEVICE void store_staged(float (&d)[N / 2], bf16* out, int width, int column, int count, u32 stage,
                         int group) {
  constexpr int CHUNKS = GATED ? 4 : 8;  // of 16 bytes a token
  int thread = threadIdx.x % 128, warp = thread / 32, lane = thread % 32;
#pragma unroll
  for (int first = 0; first < N; first += STAGE_TOKENS) {
    u32 buffer = stage + first / STAGE_TOKENS % 2 * STAGE_BYTES;
    const float* s = d + first / 2;
    if (GATED) {
      u32 to = buffer + lane * 64 + ((warp ^ (lane >> 1 & 3)) << 4);
      store_matrices_transposed(to, gated_pair(s), gated_pair(s + 4), gated_pair(s + 8),
                                gated_pair(s + 12));
    } else {
#pragma unroll
      for (int half = 0; half < 2; half++, s += 8) {
        int token = half * 16 + (lane >> 4) * 8 + lane % 8;
        int chunk = warp * 2 + (lane >> 3 & 1);
        store_matrices_transposed(buffer + token * 128 + ((chunk ^ token % 8) << 4),
                                  pack_bf16(s[0], s[1]), pack_bf16(s[2], s[3]),
                                  pack_bf16(s[4], s[5]), pack_bf16(s[6], s[7]));
      }
    }
    bar_warpgroup(group);
#pragma unroll
    for (int i = thread; i < STAGE_TOKENS * CHUNKS; i += 128) {
      int token = i / CHUNKS, chunk = i % CHUNKS;
      int swizzled = GATED ? chunk ^ (token >> 1 & 3) : chunk ^ token % 8;
      uint4 v = load_shared_16(buffer + token * (CHUNKS * 16) + (swizzled << 4));
      int at = column + chunk * 8;
      if (first + token < count && at < width) {
        *(uint4*)(out + (size_t)(first + token) * width + at) = v;
      }
    }
  }
  // An odd number of turns ends on the buffer that the next tile begins with.
  if (N / STAGE_TOKENS % 2 == 1) bar_warpgroup(group);
}

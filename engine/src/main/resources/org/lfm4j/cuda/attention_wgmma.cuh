// The products of attention.cuh with wgmma (sm_90a): a warpgroup holds 64 rows, each of its warps
// 16 of them in the layout of mma.m16n8k16, so that everything else stays as it is. The tiles'
// swizzle is the 128-byte swizzle that wgmma knows.
#pragma once
#include "attention.cuh"
#include "hopper.cuh"

// Address / 16, groups of 8 rows (1,024 bytes) apart, 128-byte swizzle.
DEVICE u64 tile_descriptor(u32 shared) {
  return (u64)((shared & 0x3ffff) >> 4) | (u64)1 << 16 | (u64)64 << 32 | (u64)1 << 62;
}

// d[64 x 64] (+)= a[64 x 16] * b; a in registers. `TRANSPOSED`: b is [16][64] instead of [64][16].
template <int TRANSPOSED>
DEVICE void wgmma_64x64x16(float (&d)[8][4], const u32 (&a)[4], u64 b, bool add) {
#define SUMS(n) "+f"(d[n][0]), "+f"(d[n][1]), "+f"(d[n][2]), "+f"(d[n][3])
  asm volatile(
      "{ .reg .pred p; setp.ne.u32 p, %37, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,"
      "%25,%26,%27,%28,%29,%30,%31}, {%32,%33,%34,%35}, %36, p, 1, 1, %38; }"
      : SUMS(0), SUMS(1), SUMS(2), SUMS(3), SUMS(4), SUMS(5), SUMS(6), SUMS(7)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"((u32)add), "n"(TRANSPOSED));
#undef SUMS
}

// Starts s = q * k^T; to be finished by finish_products.
DEVICE void start_scores(const u32 (&q)[4][4], u32 k, float (&s)[8][4]) {
  u64 keys = tile_descriptor(k);
  wgmma_fence();
#pragma unroll
  for (int step = 0; step < 4; step++) wgmma_64x64x16<0>(s, q[step], keys + step * 2, step > 0);
  wgmma_commit();
}

// Starts o = p * v.
DEVICE void start_weighing(const u32 (&p)[4][4], u32 v, float (&o)[8][4]) {
  u64 values = tile_descriptor(v);
  wgmma_fence();
#pragma unroll
  for (int step = 0; step < 4; step++) wgmma_64x64x16<1>(o, p[step], values + step * 128, step > 0);
  wgmma_commit();
}

// Waits for what was started, and keeps the compiler from touching the sums any earlier.
DEVICE void finish_products(float (&d)[8][4]) {
  wgmma_wait<0>();
#pragma unroll
  for (int n = 0; n < 8; n++) {
    asm volatile("" : "+f"(d[n][0]), "+f"(d[n][1]), "+f"(d[n][2]), "+f"(d[n][3])::"memory");
  }
}

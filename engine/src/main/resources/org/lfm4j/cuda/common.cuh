// What every kernel uses: types, BF16, warp sums, programmatic dependent launch and the matrix
// instructions of sm_80. Inline PTX only, so that NVRTC needs no CUDA header.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u16 bf16;  // stored BF16; arithmetic is FP32

#define DEVICE __device__ __forceinline__
#define FULL_WARP 0xffffffffu
#define MINUS_INFINITY __int_as_float(0xff800000)

// ---- BF16 ----

DEVICE float from_bf16(bf16 v) { return __uint_as_float((u32)v << 16); }
DEVICE float low_bf16(u32 pair) { return __uint_as_float(pair << 16); }
DEVICE float high_bf16(u32 pair) { return __uint_as_float(pair & 0xffff0000u); }

// Rounds two floats to nearest even and packs them, `low` in the lower half.
DEVICE u32 pack_bf16(float low, float high) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}
DEVICE bf16 to_bf16(float v) { return (bf16)pack_bf16(v, 0.0f); }
DEVICE float round_bf16(float v) { return low_bf16(pack_bf16(v, 0.0f)); }

// ---- sums ----

DEVICE float warp_sum(float v) {
#pragma unroll
  for (int step = 16; step > 0; step >>= 1) v += __shfl_xor_sync(FULL_WARP, v, step);
  return v;
}

DEVICE float sigmoid(float v) { return 1.0f / (1.0f + __expf(-v)); }
DEVICE float silu(float v) { return v * sigmoid(v); }
// silu(gate) * up, to be rounded in its turn. Rounded to BF16 where transformers rounds: a third of the
// distance from it comes from here otherwise.
DEVICE float gate_up(float gate, float up) {
  return round_bf16(silu(round_bf16(gate))) * round_bf16(up);
}

// One value of the rotary embedding, to be rounded in its turn: as in transformers both products are
// rounded to BF16, and so are sine and cosine.
DEVICE float rotated(float a, float cosine, float b, float sine) {
  return round_bf16(a * cosine) + round_bf16(b * sine);
}

// ---- programmatic dependent launch: nothing below sm_90 ----

// Everything that reads results of earlier kernels comes after this.
DEVICE void wait_for_earlier_kernels() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
DEVICE void let_later_kernels_start() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// ---- memory ----

DEVICE u32 shared_address(const void* p) { return (u32)__cvta_generic_to_shared(p); }

// 16 bytes of weights, read once: not kept in L1.
DEVICE uint4 load_weights(const void* p) {
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(p));
  return v;
}

DEVICE void copy_async_16(u32 shared, const void* global, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(global),
               "r"(valid ? 16 : 0)
               : "memory");
}
// The same for what is read once a step: the second level of the cache drops it first.
DEVICE u64 read_once_policy() {
  u64 policy;
  asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
  return policy;
}
DEVICE void copy_async_once_16(u32 shared, const void* global, bool valid, u64 policy) {
  asm volatile("cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, %2, %3;" ::"r"(shared),
               "l"(global), "r"(valid ? 16 : 0), "l"(policy)
               : "memory");
}
DEVICE void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int PENDING>
DEVICE void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

// ---- tensor cores of sm_80 ----

DEVICE uint4 load_matrix_x4(u32 shared) {
  uint4 v;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "r"(shared)
               : "memory");
  return v;
}
DEVICE uint4 load_matrix_x4_transposed(u32 shared) {
  uint4 v;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "r"(shared)
               : "memory");
  return v;
}

// d[16 x 8] += a[16 x 16] * b[16 x 8]; a row-major, b column-major, both BF16.
DEVICE void mma_16x8x16(float (&d)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

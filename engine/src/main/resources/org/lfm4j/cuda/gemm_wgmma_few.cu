// Dense products of few tokens:
//   dense_few_bf16, _fp32: out[T, N] = A[T, K] W[N, K]^T
//   dense_few_gated:       out[T, F] = silu(A W1^T) * (A W3^T)
//
// These are bound by reading W once, so all multiprocessors must read: a tile of R rows of W is shared
// by the S blocks of a cluster, each over a contiguous part of K, and the partial sums meet in shared
// memory, added in the order of K. No second kernel, no partial sums in device memory.
//
// Kernel names end in B, the tokens of a tile: 8, 16, 32, 64, 128 (and fp32_256). Take the smallest
// that holds the bucket's T, beyond 128 (256) tokens in several chunks: grid.y of them.
//
// Launch: grid (tiles * S, ceil(T / B)), cluster (S, 1, 1), 288 threads.
//   tiles = ceil(N / R), gated ceil(F / (R / 2)); R = 64 to B = 32, then 128
//   S = 1 for fp32, else TARGET / (tiles * grid.y) within 1, 8 and ceil(K / (64 * 128 / R)), with
//   TARGET = 192 to B = 64 and 96 for B = 128. It depends on the matrix and on the bucket of T, never
//   on T itself: a row's bits do not depend on the other rows of a batch of the same bucket.
//   dynamic shared memory = slots * (16,384 + 128 * B * (128 / R)) + 1,024, with slots
//     B            8  16  32  64  128  256
//     bf16, fp32   6   5   4   4    6    4   (fp32_128: 3)
//     gated        4   3   3   4    3
// Arguments, in order:
//   weights   tensor map, gated for _gated, else plain; box R (gemm_tile.cuh)
//   tokens    tensor map of A, box B
//   out       BF16 or FP32 [T, width]
//   rows      int32 [1], T; rows beyond it are not written
//   width     N or F
//   k_steps   ceil(K / 64)
#include "gemm_tile.cuh"

DEVICE float4 load_of_rank(u32 shared, u32 rank) {
  float4 v;
  asm volatile("ld.shared::cluster.v4.f32 {%0,%1,%2,%3}, [%4];"
               : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w)
               : "r"(address_in(shared, rank))
               : "memory");
  return v;
}

DEVICE void store_4(bf16* out, float4 v) {
  *(uint2*)out = make_uint2(pack_bf16(v.x, v.y), pack_bf16(v.z, v.w));
}
DEVICE void store_4(float* out, float4 v) { *(float4*)out = v; }

DEVICE void add_4(float4& sum, float4 v) {
  sum.x += v.x;
  sum.y += v.y;
  sum.z += v.z;
  sum.w += v.w;
}

template <int N, int R, int SLOTS, bool GATED, typename Out>
DEVICE void dense_few(const TensorMap* weights, const TensorMap* tokens, Out* out,
                        const int* rows, int width, int k_steps) {
  constexpr int PARTS = Rows<R>::PARTS, WARPS = Rows<R>::WARPS, WEIGHTS = Rows<R>::BYTES;
  constexpr int SLOT = WEIGHTS + PARTS * N * ROW_BYTES;
  constexpr int COLUMNS = GATED ? R / 2 : R;
  constexpr int PITCH = R + 4;  // floats a token: 4 more than a multiple of 32 banks
  static_assert(PARTS * N * PITCH * 4 <= SLOTS * SLOT, "the sums reuse the ring");
  extern __shared__ u8 shared[];
  __shared__ __align__(8) u64 barriers[2 * SLOTS];
  u32 data = (shared_address(shared) + 1023) & ~1023u;
  Ring<SLOTS, SLOT> ring(data, shared_address(barriers));
  u32 splits = cluster_size(), rank = cluster_rank();
  int tile = blockIdx.x / splits, first_token = blockIdx.y * N;
  int slots = (k_steps + PARTS - 1) / PARTS;
  int first = slots * rank / splits, count = slots * (rank + 1) / splits - first;
  if (threadIdx.x == 0) ring.init(WARPS);
  __syncthreads();

  if (threadIdx.x >= 32 * WARPS) {
    if (threadIdx.x == 32 * WARPS) {
      u64 policy = gridDim.y == 1 ? evict_first_policy() : evict_normal_policy();
      auto ask_weights = [&](int i, u32 slot, u32 barrier) {
        barrier_expect(barrier, SLOT);
#pragma unroll
        for (int p = 0; p < PARTS; p++) {
          copy_weights<GATED, R>(slot + p * (WEIGHTS / PARTS), weights,
                                    ((first + i) * PARTS + p) * K_STEP, tile, 0, barrier, policy);
        }
      };
      prefetch_map(tokens);
      // Weights are nobody's result: the first slots of them are asked for before the wait.
      int ahead = min(SLOTS, count);
      for (int i = 0; i < ahead; i++) ask_weights(i, data + i * SLOT, ring.full + 8 * i);
      let_later_kernels_start();
      wait_for_earlier_kernels();
      for (int i = 0; i < count; i++) {
        if (i >= ahead) {
          ring.wait_empty();
          ask_weights(i, ring.address(), ring.full_barrier());
        }
#pragma unroll
        for (int p = 0; p < PARTS; p++) {
          copy_tensor_2d(ring.address() + WEIGHTS + p * N * ROW_BYTES, tokens,
                         ((first + i) * PARTS + p) * K_STEP, first_token, ring.full_barrier());
        }
        ring.advance();
      }
    } else {
      let_later_kernels_start();
      wait_for_earlier_kernels();
    }
    if (splits > 1) {
      __syncwarp();
      cluster_arrive();
      cluster_wait();
      cluster_arrive();
      cluster_wait();
    }
    return;
  }

  int token_count = *rows;  // uploaded before the step
  let_later_kernels_start();
  wait_for_earlier_kernels();
  int group = threadIdx.x / 128, warp = threadIdx.x / 32 % 4;
  int g = threadIdx.x % 32 / 4, q = threadIdx.x % 4;
  {
    float d[N / 2];
    multiply<N, R>(d, ring, count, group);
    bar_consumers<WARPS>();  // both warpgroups have read the ring: the sums may overwrite it
    float* sums = (float*)(shared + (data - shared_address(shared)));
    // A gated tile's gates come first, then its ups.
    int row = (PARTS == 2 ? 0 : group * (GATED ? 32 : 64)) + warp * (GATED ? 8 : 16) + g;
    if (PARTS == 2) sums += group * N * PITCH;
#pragma unroll
    for (int j = 0; j < N / 8; j++) {
#pragma unroll
      for (int c = 0; c < 2; c++) {
        float* sum = sums + (8 * j + 2 * q + c) * PITCH + row;
        sum[0] = d[4 * j + c];
        sum[GATED ? COLUMNS : 8] = d[4 * j + 2 + c];
      }
    }
  }
  if (splits > 1) {
    cluster_arrive();
    cluster_wait();
  } else {
    bar_consumers<WARPS>();
  }
  // Each block of the cluster adds its share of the tile, four columns a thread.
  constexpr int QUADS = N * COLUMNS / 4;
  int end = QUADS * (rank + 1) / splits;
  for (int i = QUADS * rank / splits + threadIdx.x; i < end; i += 32 * WARPS) {
    int token = i / (COLUMNS / 4), column = i % (COLUMNS / 4) * 4;
    u32 address = data + (token * PITCH + column) * 4;
    float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f), up = sum;
    for (u32 s = 0; s < splits; s++) {
#pragma unroll
      for (int p = 0; p < PARTS; p++) {
        add_4(sum, load_of_rank(address + p * N * PITCH * 4, s));
        if (GATED) add_4(up, load_of_rank(address + (p * N * PITCH + COLUMNS) * 4, s));
      }
    }
    if (GATED) {
      sum = make_float4(gate_up(sum.x, up.x), gate_up(sum.y, up.y), gate_up(sum.z, up.z),
                        gate_up(sum.w, up.w));
    }
    int at = tile * COLUMNS + column;
    token += first_token;
    if (token < token_count && at < width) store_4(out + (size_t)token * width + at, sum);
  }
  if (splits > 1) {  // nobody leaves while others read its sums
    cluster_arrive();
    cluster_wait();
  }
}

#define DENSE(kind, type, gated, n, rows_n, slots, blocks)                                   \
  extern "C" __global__ void __launch_bounds__(288, blocks)                                     \
      dense_few_##kind##_##n(const __grid_constant__ TensorMap weights,                         \
                             const __grid_constant__ TensorMap tokens, type* out,               \
                             const int* rows, int width, int k_steps) {                         \
    dense_few<n, rows_n, slots, gated, type>(&weights, &tokens, out, rows, width, k_steps);     \
  }

DENSE(bf16, bf16, false, 8, 64, 6, 2)
DENSE(bf16, bf16, false, 16, 64, 5, 2)
DENSE(bf16, bf16, false, 32, 64, 4, 2)
DENSE(bf16, bf16, false, 64, 128, 4, 2)
DENSE(bf16, bf16, false, 128, 128, 6, 1)
DENSE(fp32, float, false, 8, 64, 6, 2)
DENSE(fp32, float, false, 16, 64, 5, 2)
DENSE(fp32, float, false, 32, 64, 4, 2)
DENSE(fp32, float, false, 64, 128, 4, 2)
DENSE(fp32, float, false, 128, 128, 3, 2)
DENSE(fp32, float, false, 256, 128, 4, 1)
DENSE(gated, bf16, true, 8, 64, 4, 3)
DENSE(gated, bf16, true, 16, 64, 3, 3)
DENSE(gated, bf16, true, 32, 64, 3, 3)
DENSE(gated, bf16, true, 64, 128, 4, 2)
DENSE(gated, bf16, true, 128, 128, 3, 2)

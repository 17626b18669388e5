// Matrix products for many tokens: tiles of weights x tokens through shared memory, cp.async and
// mma.sync (sm_80 and later). They add in the order of gemm.cuh, so that the results are those of
// gemm_small.
//
// A block owns BM weight rows (gated: BM / 2 of w1 and the same of w3, interleaved by 8) and BN
// tokens. A warp owns WM x WN of them twice: the running segment of K and the sum of the segments
// before it. STAGES tiles of 64 values of k are in flight; rows of activations are gathered as they
// are copied.
//
// Launch: 128 threads and SHARED_BYTES of the tile;
//   dense:   grid.x = ceil(T of the bucket / BN), grid.y = ceil(N / BM)  (gated: F / (BM / 2))
//   experts: grid.x = ceil(N / BM)  (gated: M / (BM / 2)),
//            grid.y = E + pairs / BN, pairs those of the bucket
//
//   NAME_dense         (a [T,K], w [N,K], out BF16 [T,N], rows [1], N, K)
//   NAME_dense_fp32    the same, out FP32 [T,N]
//   NAME_dense_gated   (a [T,K], w13 [2][F,K], out BF16 [T,F], rows [1], F, K)
//   NAME_grouped_gated (a [T,K], w13 [2][E][M,K], out BF16 [pairs,M], expertOffset [E+1],
//                       pairToken [pairs], E, M, K)
//   NAME_grouped       (a [pairs,K], w [E][N,K], out BF16 [pairs,N], expertOffset [E+1], E, N, K)
//
// N is a multiple of 8, K of 32.
#include "mma_tile.cuh"

DEVICE void put(bf16* p, float v) { *p = to_bf16(v); }
DEVICE void put(float* p, float v) { *p = v; }

// Lays the block's results out as [BN tokens][features] in shared memory, then stores whole
// vectors.
template <typename T, bool GATED, typename Out>
DEVICE void store_tile(const float (&sum)[T::MT][T::NT][4], u8* shared, const Product& p, Out* out,
                       int warpRow, int warpToken) {
  constexpr int FEATURES = GATED ? T::BM / 2 : T::BM;
  constexpr int VECTOR = 16 / sizeof(Out);
  constexpr int STRIDE = FEATURES + VECTOR;  // spreads the tokens of a warp over the banks
  static_assert(T::BN * STRIDE * (int)sizeof(Out) <= T::SHARED_BYTES, "tile exceeds the stages");
  Out* tile = (Out*)shared;
  const int lane = threadIdx.x & 31, g = lane >> 2, t = lane & 3;
#pragma unroll
  for (int m = 0; m < T::MT; m++) {
#pragma unroll
    for (int n = 0; n < T::NT; n++) {
      const float(&v)[4] = sum[m][n];
      Out* first = tile + (warpToken + n * 8 + 2 * t) * STRIDE;
      if (GATED) {
        const int feature = warpRow / 2 + m * 8 + g;
        put(first + feature, gate_up(v[0], v[2]));
        put(first + STRIDE + feature, gate_up(v[1], v[3]));
      } else {
        const int feature = warpRow + m * 16 + g;
        put(first + feature, v[0]);
        put(first + STRIDE + feature, v[1]);
        put(first + feature + 8, v[2]);
        put(first + STRIDE + feature + 8, v[3]);
      }
    }
  }
  __syncthreads();
  constexpr int VECTORS = FEATURES / VECTOR;
  for (int i = threadIdx.x; i < T::BN * VECTORS; i += T::THREADS) {
    const int token = i / VECTORS, feature = i % VECTORS * VECTOR;
    if (p.tokens.first + token < p.tokens.end && feature < p.rows) {
      *(uint4*)(out + (u64)(p.tokens.first + token) * p.n + p.firstRow + feature) =
          *(const uint4*)(tile + token * STRIDE + feature);
    }
  }
}

template <typename T>
DEVICE void advance(int& slot, int& freeSlot) {
  freeSlot = slot;
  slot = slot + 1 == T::STAGES ? 0 : slot + 1;
}

template <typename T>
DEVICE float& at(float (&v)[T::MT][T::NT][4], int i) {
  return v[i / (T::NT * 4)][i / 4 % T::NT][i % 4];
}

template <typename T>
DEVICE void clear(float (&v)[T::MT][T::NT][4]) {
#pragma unroll
  for (int i = 0; i < T::MT * T::NT * 4; i++) at<T>(v, i) = 0.0f;
}

// Ends a group: adds its last segment, and the group to those before it; sum and total are zero
// after.
template <typename T>
DEVICE void end_group(float (&total)[T::MT][T::NT][4], float (&sum)[T::MT][T::NT][4],
                      volatile float* groups, bool first) {
#pragma unroll
  for (int i = 0; i < T::MT * T::NT * 4; i++) {
    const float v = at<T>(total, i) + at<T>(sum, i);
    groups[i] = first ? v : groups[i] + v;
    at<T>(total, i) = at<T>(sum, i) = 0.0f;
  }
}

// The last segment, and the groups before the last one if there were any.
template <typename T>
DEVICE void add_last(float (&total)[T::MT][T::NT][4], float (&sum)[T::MT][T::NT][4],
                     volatile float* groups, bool grouped) {
#pragma unroll
  for (int i = 0; i < T::MT * T::NT * 4; i++) {
    const float v = at<T>(total, i) + at<T>(sum, i);
    at<T>(total, i) = grouped ? groups[i] + v : v;
  }
}

// `find` waits for earlier kernels, fills in the product's tokens and says whether there are any.
template <typename T, bool GATED, typename Out, typename Find>
DEVICE void multiply(Product p, Out* out, Find find) {
  extern __shared__ __align__(128) u8 shared[];
  const int warp = threadIdx.x >> 5;
  const int warpRow = warp % T::WARPS_M * T::WM, warpToken = warp / T::WARPS_M * T::WN;
  const int steps = (p.k + STEP - 1) / STEP;
  const int lane = threadIdx.x & 31;
  const u32 weightRow = shared_address(shared) + (warpRow + (lane & 15)) * STEP_BYTES;
  const u32 tokenRow = shared_address(shared) +
                       (T::BM + warpToken + (lane & 7) + ((lane >> 4) << 3)) * STEP_BYTES;

  Copier<T, GATED> copier;
  copier.init_weights(p, shared_address(shared));
#pragma unroll
  for (int s = 0; s < T::STAGES - 1; s++) {
    if (s < steps) copier.copy_weights(s, s);
  }
  if (!find(p.tokens)) {
    copy_async_commit();
    copy_async_wait<0>();
    return;
  }
  copier.init_tokens(p);
#pragma unroll
  for (int s = 0; s < T::STAGES - 1; s++) {
    if (s < steps) copier.copy_tokens(s, s);
    copy_async_commit();
  }

  float sum[T::MT][T::NT][4], total[T::MT][T::NT][4];
  volatile float groups[T::MT * T::NT * 4];  // rarely touched: meant to lie in local memory
  clear<T>(sum);
  clear<T>(total);
  Fragments<T> fragments[T::BUFFERS];
  int slot = 0, freeSlot = T::STAGES - 1;
  if (T::BUFFERS == 2) {
    copy_async_wait<T::STAGES - 2>();
    __syncthreads();
    fragments[0].load(weightRow, tokenRow, 0);
  }
  for (int step = 0; step < steps; step++) {
#pragma unroll
    for (int j = 0; j < SUBSTEPS; j++) {
      // With two buffers the next stage's first operands load while this one's last multiply.
      if (j == (T::BUFFERS == 2 ? SUBSTEPS - 1 : 0)) {
        copy_async_wait<T::STAGES - 2>();
        __syncthreads();
        if (T::BUFFERS == 2) advance<T>(slot, freeSlot);
      }
      const int load = T::BUFFERS == 2 ? j + 1 : j;
      fragments[load % T::BUFFERS].load(weightRow + slot * T::STAGE_BYTES,
                                        tokenRow + slot * T::STAGE_BYTES, load % SUBSTEPS);
      if (j == 0) {
        const int next = step + T::STAGES - 1;
        if (next < steps) {
          copier.copy_weights(freeSlot, next);
          copier.copy_tokens(freeSlot, next);
        }
        copy_async_commit();
      }
      if (j == 0 && step % (SEGMENT / STEP) == 0) {
        if (step % (GROUP / STEP) == 0 && step > 0) {
          end_group<T>(total, sum, groups, step == GROUP / STEP);
        }
        fragments[j % T::BUFFERS].template multiply<true>(sum, total);
      } else {
        fragments[j % T::BUFFERS].template multiply<false>(sum, total);
      }
    }
    if (T::BUFFERS == 1) advance<T>(slot, freeSlot);
  }
  add_last<T>(total, sum, groups, steps > GROUP / STEP);
  copy_async_wait<0>();
  __syncthreads();
  store_tile<T, GATED>(total, shared, p, out, warpRow, warpToken);
}

template <typename T, bool GATED, typename Out>
DEVICE void dense(const bf16* a, const bf16* w, Out* out, const int* rows, int n, int k) {
  constexpr int FEATURES = GATED ? T::BM / 2 : T::BM;
  // Tokens vary fastest: blocks that run together read few weights and many activations.
  const int firstRow = blockIdx.y * FEATURES, first = blockIdx.x * T::BN;
  // The batch's size is uploaded before the step's first kernel; reading it needs no wait.
  const int end = min(*rows, first + T::BN);
  if (first >= end) {
    wait_for_earlier_kernels();
    return;
  }
  const Product p = {w + (u64)firstRow * k, (u64)n * k, firstRow, n - firstRow, a,
                     nullptr,               {0, first, end}, n,   k};
  multiply<T, GATED>(p, out, [](TokenTile&) {
    let_later_kernels_start();
    wait_for_earlier_kernels();
    return true;
  });
}

template <typename T, bool GATED>
DEVICE void grouped(const bf16* a, const bf16* w, bf16* out, const int* expertOffset,
                    const int* pairToken, int experts, int n, int k) {
  constexpr int FEATURES = GATED ? T::BM / 2 : T::BM;
  // Tiles of few tokens are taken where hardly an expert has none and hardly one has several: a block
  // knows its weights before the tokens are sorted, and asks for them. What exceeds an expert's first
  // tile comes last.
  constexpr int KNOWN = T::BN == 32;
  const int known = KNOWN ? experts : 0;
  const auto find = [=]() {
    return find_expert_tile(expertOffset, experts, blockIdx.y - known, T::BN, KNOWN);
  };
  int expert = blockIdx.y;
  if (expert >= known) {
    begin_experts<GATED>();
    expert = find().expert;
    if (expert < 0) return;
  }
  const int firstRow = blockIdx.x * FEATURES;
  const Product p = {w + ((u64)expert * n + firstRow) * k,
                     (u64)experts * n * k,
                     firstRow,
                     n - firstRow,
                     a,
                     pairToken,
                     {expert, 0, 0},
                     n,
                     k};
  multiply<T, GATED>(p, out, [=](TokenTile& tokens) {
    if ((int)blockIdx.y < known) {
      begin_experts<GATED>();
      tokens.first = expertOffset[expert];
      tokens.end = min(expertOffset[expert + 1], tokens.first + T::BN);
    } else {
      tokens = find();
    }
    return tokens.first < tokens.end;
  });
}

#define DENSE(name, T)                                                                            \
  extern "C" __global__ void __launch_bounds__(T::THREADS, 1) name##_dense(                       \
      const bf16* a, const bf16* w, bf16* out, const int* rows, int n, int k) {                   \
    dense<T, false>(a, w, out, rows, n, k);                                                       \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(T::THREADS, 1) name##_dense_fp32(                  \
      const bf16* a, const bf16* w, float* out, const int* rows, int n, int k) {                  \
    dense<T, false>(a, w, out, rows, n, k);                                                       \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(T::THREADS, 1) name##_dense_gated(                 \
      const bf16* a, const bf16* w13, bf16* out, const int* rows, int f, int k) {                 \
    dense<T, true>(a, w13, out, rows, f, k);                                                      \
  }

#define EXPERTS(name, T)                                                                          \
  extern "C" __global__ void __launch_bounds__(T::THREADS, 1) name##_grouped_gated(               \
      const bf16* a, const bf16* w13, bf16* out, const int* expertOffset, const int* pairToken,   \
      int experts, int m, int k) {                                                                \
    grouped<T, true>(a, w13, out, expertOffset, pairToken, experts, m, k);                        \
  }                                                                                               \
  extern "C" __global__ void __launch_bounds__(T::THREADS, 1) name##_grouped(                     \
      const bf16* a, const bf16* w, bf16* out, const int* expertOffset, int experts, int n,       \
      int k) {                                                                                    \
    grouped<T, false>(a, w, out, expertOffset, nullptr, experts, n, k);                           \
  }

// All have 128 threads and fit the 99 KB of shared memory that sm_89 and sm_120 have.
// PortableProducts says which serves how many tokens.
using Tile32x32 = Tile<32, 32, 16, 16, 8>;
using Tile64x32 = Tile<64, 32, 16, 32, 6>;
using Tile64x64 = Tile<64, 64, 32, 32, 4>;
using Tile128x64 = Tile<128, 64, 64, 32, 3>;
using Tile128x32 = Tile<128, 32, 32, 32, 4, 1>;

DENSE(mma_32x32, Tile32x32)
DENSE(mma_64x32, Tile64x32)
DENSE(mma_64x64, Tile64x64)
DENSE(mma_128x64, Tile128x64)
EXPERTS(mma_128x32, Tile128x32)
EXPERTS(mma_128x64, Tile128x64)

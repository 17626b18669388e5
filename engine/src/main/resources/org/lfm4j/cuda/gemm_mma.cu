// Matrix products for many tokens: tiles of weights x tokens through shared memory, cp.async and
// mma.sync (sm_80 and later). Adds in the order of gemm.cuh, so that results are those of gemm_small.
//
// A block owns BM weight rows (gated: BM / 2 of w1 and the same of w3, interleaved by 8) and BN tokens.
// A warp owns WM x WN of them twice: the running segment of K and the sum of the segments before it.
// STAGES tiles of 64 values of k are in flight; rows of activations are gathered as they are copied.
//
// Launch: THREADS and SHARED_BYTES of the tile below;
//   dense:   grid.x = ceil(T of the bucket / BN), grid.y = ceil(N / BM)  (gated: F / (BM / 2))
//   experts: grid.x = ceil(N / BM)  (gated: M / (BM / 2)),
//            grid.y = min(E, pairs) + pairs / BN, pairs those of the bucket
//
//   NAME_dense        (a [T,K], w [N,K], out BF16 [T,N], rows [1], N, K)
//   NAME_dense_fp32   the same, out FP32 [T,N]
//   NAME_dense_parts  (a [T,K], w [N,K], out FP32 [S,T,N], rows [1], N, K, T, width): grid.z = S
//                      = ceil(K / width), width 2048, or 256 if K <= 2048; adding the S parts in order gives NAME_dense_fp32's bits
//   NAME_dense_gated  (a [T,K], w13 [2][F,K], out BF16 [T,F], rows [1], F, K)
//   NAME_grouped_gated(a [T,K], w13 [2][E][M,K], out BF16 [pairs,M], expertOffset [E+1],
//                      pairToken [pairs], E, M, K)
//   NAME_grouped      (a [pairs,K], w [E][N,K], out BF16 [pairs,N], expertOffset [E+1], E, N, K)
//
// N is a multiple of 8, K of 32.
#include "gemm.cuh"

constexpr int STEP = 64;  // values of k a stage
constexpr int STEP_BYTES = STEP * 2;
constexpr int SUBSTEPS = STEP / 16;

template <int BLOCK_ROWS, int BLOCK_TOKENS, int WARP_ROWS, int WARP_TOKENS, int PIPELINE,
          int OPERAND_BUFFERS = 2>
struct Tile {
  static constexpr int BM = BLOCK_ROWS, BN = BLOCK_TOKENS, WM = WARP_ROWS, WN = WARP_TOKENS;
  static constexpr int STAGES = PIPELINE, BUFFERS = OPERAND_BUFFERS;
  static constexpr int WARPS_M = BM / WM, WARPS_N = BN / WN, THREADS = WARPS_M * WARPS_N * 32;
  static constexpr int MT = WM / 16, NT = WN / 8;  // mma tiles a warp
  static constexpr int STAGE_BYTES = (BM + BN) * STEP_BYTES;
  static constexpr int SHARED_BYTES = STAGES * STAGE_BYTES;
  static constexpr int ROWS_A_PASS = THREADS / 8;  // eight threads copy a row's 128 bytes
  static constexpr int WEIGHT_PASSES = (BM + ROWS_A_PASS - 1) / ROWS_A_PASS;
  static constexpr int TOKEN_PASSES = (BN + ROWS_A_PASS - 1) / ROWS_A_PASS;
  static_assert(ROWS_A_PASS % 16 == 0 && WEIGHT_PASSES <= 16 && TOKEN_PASSES <= 16, "see Copier");
};

// What a block multiplies: `weights` is row 0 of its first row, `rows` how many exist from there.
struct Product {
  const bf16* weights;
  u64 upOffset;  // from a row of w1 to the same row of w3
  int firstRow;
  int rows;
  const bf16* a;
  const int* gather;  // row of `a` for each pair, or null: its own number
  TokenTile tokens;
  int n;
  int k;       // values to multiply, from the pointers on
  int stride;  // between rows of weights and of `a`
};

template <typename T, bool GATED>
struct Copier {
  const bf16* weights;
  const bf16* activations[T::TOKEN_PASSES];
  u32 valid;  // bit per pass: weights from 0, tokens from 16
  u32 target;
  int column;
  int k;
  u64 weightPass;  // elements from one pass's row to the next one's

  DEVICE void init_weights(const Product& p, u32 shared) {
    const int row = threadIdx.x >> 3, vector = threadIdx.x & 7;
    column = vector * 8;
    k = p.k;
    target = shared + row * STEP_BYTES + swizzled(row, vector) * 16;
    const int source = GATED ? (row >> 4) * 8 + (row & 7) : row;
    constexpr int PASS = GATED ? T::ROWS_A_PASS / 2 : T::ROWS_A_PASS;
    weights = p.weights + (GATED && (row & 8) ? p.upOffset : 0) + (u64)source * p.stride + column;
    weightPass = (u64)PASS * p.stride;
    valid = 0;
#pragma unroll
    for (int i = 0; i < T::WEIGHT_PASSES; i++) {
      if (source + i * PASS < p.rows) valid |= 1u << i;
    }
  }

  DEVICE void init_tokens(const Product& p) {
    const int row = threadIdx.x >> 3;
#pragma unroll
    for (int i = 0; i < T::TOKEN_PASSES; i++) {
      const int token = p.tokens.first + row + i * T::ROWS_A_PASS;
      activations[i] = p.a;
      if (token < p.tokens.end) {
        valid |= 1u << (16 + i);
        activations[i] += (u64)(p.gather != nullptr ? p.gather[token] : token) * p.stride + column;
      }
    }
  }

  // Stages are copied in rising order of k; nothing is read where `valid` is not.
  DEVICE void copy_weights(int slot, int step) {
    const bool inside = column + step * STEP < k;
#pragma unroll
    for (int i = 0; i < T::WEIGHT_PASSES; i++) {
      if ((i + 1) * T::ROWS_A_PASS > T::BM && (threadIdx.x >> 3) + i * T::ROWS_A_PASS >= T::BM) break;
      copy_async_16(target + slot * T::STAGE_BYTES + i * T::ROWS_A_PASS * STEP_BYTES,
                    weights + i * weightPass, inside && (valid >> i & 1));
    }
    weights += STEP;
  }

  DEVICE void copy_tokens(int slot, int step) {
    const bool inside = column + step * STEP < k;
#pragma unroll
    for (int i = 0; i < T::TOKEN_PASSES; i++) {
      if ((i + 1) * T::ROWS_A_PASS > T::BN && (threadIdx.x >> 3) + i * T::ROWS_A_PASS >= T::BN) break;
      copy_async_16(target + slot * T::STAGE_BYTES + (T::BM + i * T::ROWS_A_PASS) * STEP_BYTES,
                    activations[i], inside && (valid >> (16 + i) & 1));
      activations[i] += STEP;
    }
  }
};

// Operands of one step of 16 values of k.
template <typename T>
struct Fragments {
  uint4 weights[T::MT];
  uint4 tokens[T::NT / 2];  // 16 tokens each

  // `weightRow` and `tokenRow` are the addresses of the lane's rows for ldmatrix.
  DEVICE void load(u32 weightRow, u32 tokenRow, int j) {
    const int lane = threadIdx.x & 31;
    const u32 weightColumn = swizzled(lane, 2 * j + (lane >> 4)) * 16;
    const u32 tokenColumn = swizzled(lane, 2 * j + ((lane >> 3) & 1)) * 16;
#pragma unroll
    for (int m = 0; m < T::MT; m++) {
      weights[m] = load_matrix_x4(weightRow + m * 16 * STEP_BYTES + weightColumn);
    }
#pragma unroll
    for (int n = 0; n < T::NT / 2; n++) {
      tokens[n] = load_matrix_x4(tokenRow + n * 16 * STEP_BYTES + tokenColumn);
    }
  }

  // sum += product; where a segment begins, total += sum and sum = product, one tile after another so
  // that the additions hide behind the tensor core.
  template <bool BEGIN>
  DEVICE void multiply(float (&sum)[T::MT][T::NT][4], float (&total)[T::MT][T::NT][4]) const {
#pragma unroll
    for (int m = 0; m < T::MT; m++) {
#pragma unroll
      for (int n = 0; n < T::NT; n++) {
        const uint4& w = weights[m];
        const uint4& x = tokens[n / 2];
        if (BEGIN) {
#pragma unroll
          for (int i = 0; i < 4; i++) {
            total[m][n][i] += sum[m][n][i];
            sum[m][n][i] = 0.0f;
          }
        }
        mma_16x8x16(sum[m][n], w.x, w.y, w.z, w.w, n % 2 == 0 ? x.x : x.z, n % 2 == 0 ? x.y : x.w);
      }
    }
  }
};

DEVICE void put(bf16* p, float v) { *p = to_bf16(v); }
DEVICE void put(float* p, float v) { *p = v; }

// Lays the block's results out as [BN tokens][features] in shared memory, then stores whole vectors.
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
        put(first + feature, silu(v[0]) * v[2]);
        put(first + STRIDE + feature, silu(v[1]) * v[3]);
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

// Ends a group: adds its last segment, and the group to those before it; sum and total are zero after.
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

template <typename T, bool GATED, typename Out>
DEVICE void multiply(const Product& p, Out* out, bool wait) {
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
  if (wait) {
    wait_for_earlier_kernels();
    let_later_kernels_start();
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
        if (step % (GROUP / STEP) == 0 && step > 0) end_group<T>(total, sum, groups, step == GROUP / STEP);
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

// `from` and `k`: the part of K to multiply, `stride` the whole of it.
template <typename T, bool GATED, typename Out>
DEVICE void dense(const bf16* a, const bf16* w, Out* out, const int* rows, int n, int from, int k,
                  int stride) {
  constexpr int FEATURES = GATED ? T::BM / 2 : T::BM;
  // Tokens vary fastest: blocks that run together read few weights and many activations.
  const int firstRow = blockIdx.y * FEATURES, first = blockIdx.x * T::BN;
  // The batch's size is uploaded before the step's first kernel; reading it needs no wait.
  const int end = min(*rows, first + T::BN);
  if (first >= end) {
    wait_for_earlier_kernels();
    return;
  }
  const Product p = {w + (u64)firstRow * stride + from,
                     (u64)n * stride,
                     firstRow,
                     n - firstRow,
                     a + from,
                     nullptr,
                     {0, first, end},
                     n,
                     k,
                     stride};
  multiply<T, GATED>(p, out, true);
}

template <typename T, bool GATED>
DEVICE void grouped(const bf16* a, const bf16* w, bf16* out, const int* expertOffset,
                    const int* pairToken, int experts, int n, int k) {
  constexpr int FEATURES = GATED ? T::BM / 2 : T::BM;
  // See gemm_small.cu: the list of experts is complete before the second product starts.
  if (GATED) {
    wait_for_earlier_kernels();
    let_later_kernels_start();
  }
  const TokenTile tile = find_expert_tile(expertOffset, experts, blockIdx.y, T::BN);
  if (tile.expert < 0) {
    if (!GATED) wait_for_earlier_kernels();
    return;
  }
  const int firstRow = blockIdx.x * FEATURES;
  const Product p = {w + ((u64)tile.expert * n + firstRow) * k,
                     (u64)experts * n * k,
                     firstRow,
                     n - firstRow,
                     a,
                     pairToken,
                     tile,
                     n,
                     k,
                     k};
  multiply<T, GATED>(p, out, !GATED);
}

#define KERNELS(name, ...)                                                                          \
  extern "C" __global__ void __launch_bounds__(__VA_ARGS__::THREADS, 1)                                \
      name##_dense(const bf16* a, const bf16* w, bf16* out, const int* rows, int n, int k) {        \
    dense<__VA_ARGS__, false>(a, w, out, rows, n, 0, k, k);                                               \
  }                                                                                                 \
  extern "C" __global__ void __launch_bounds__(__VA_ARGS__::THREADS, 1)                                \
      name##_dense_gated(const bf16* a, const bf16* w13, bf16* out, const int* rows, int f, int k) { \
    dense<__VA_ARGS__, true>(a, w13, out, rows, f, 0, k, k);                                              \
  }                                                                                                 \
  extern "C" __global__ void __launch_bounds__(__VA_ARGS__::THREADS, 1)                                \
      name##_grouped_gated(const bf16* a, const bf16* w13, bf16* out, const int* expertOffset,      \
                           const int* pairToken, int experts, int m, int k) {                       \
    grouped<__VA_ARGS__, true>(a, w13, out, expertOffset, pairToken, experts, m, k);                \
  }                                                                                                 \
  extern "C" __global__ void __launch_bounds__(__VA_ARGS__::THREADS, 1)                                \
      name##_grouped(const bf16* a, const bf16* w, bf16* out, const int* expertOffset, int experts, \
                     int n, int k) {                                                                \
    grouped<__VA_ARGS__, false>(a, w, out, expertOffset, nullptr, experts, n, k);                   \
  }

#define KERNELS_FP32(name, ...)                                                                          \
  extern "C" __global__ void __launch_bounds__(__VA_ARGS__::THREADS, 1)                                \
      name##_dense_fp32(const bf16* a, const bf16* w, float* out, const int* rows, int n, int k) {  \
    dense<__VA_ARGS__, false>(a, w, out, rows, n, 0, k, k);                                               \
  }                                                                                                 \
  extern "C" __global__ void __launch_bounds__(__VA_ARGS__::THREADS, 1)                                \
      name##_dense_parts(const bf16* a, const bf16* w, float* out, const int* rows, int n, int k,   \
                         int t, int width) {                                                                   \
    const int from = blockIdx.z * width;                                                            \
    float* part = out + (u64)blockIdx.z * t * n;                                                    \
    dense<__VA_ARGS__, false>(a, w, part, rows, n, from, min(k - from, width), k);                  \
  }

using Tile128 = Tile<128, 128, 64, 32, 3>;
using Tile64 = Tile<128, 64, 64, 32, 3>;
using Tile32 = Tile<128, 32, 32, 32, 4>;
using TileShort = Tile<64, 32, 16, 32, 6>;
KERNELS(mma128, Tile128)
KERNELS(mma64, Tile64)
KERNELS(mma32, Tile32)
KERNELS(mmashort, TileShort)
KERNELS_FP32(mma128, Tile128)
KERNELS_FP32(mma64, Tile64)
KERNELS_FP32(mma32, Tile32)
KERNELS_FP32(mmashort, TileShort)

// Matrix products for few tokens: the time is that of reading the weights once.
//
// A block owns 16 weight rows (gated: 8 of w1 and the same 8 of w3). Warp w streams segment w of K
// (256 values, 8 KB) with cp.async into shared memory, all of it in flight at once, multiplies it
// with 8 tokens at a time straight from global memory, and the warps' sums are added in order.
//
// Launch: block 32 * min(8, ceil(K / 256)) threads; shared memory warps * (8192 + 512) + 4096
// bytes; grid.x = N / 16 rounded up (gated: F / 8), grid.y = 1, or for experts min(E, pairs of the
// bucket).
//
//   small_dense        (a [T,K], w [N,K], out BF16 [T,N], rows [1], N, K)
//   small_dense_fp32   the same, out FP32 [T,N]
//   small_dense_gated  (a [T,K], w13 [2][F,K], out BF16 [T,F], rows [1], F, K)
//   small_grouped_gated(a [T,K], w13 [2][E][M,K], out BF16 [pairs,M], expertOffset [E+1],
//                       pairToken [pairs], E, M, K)
//   small_grouped      (a [pairs,K], w [E][N,K], out BF16 [pairs,N], expertOffset [E+1], E, N, K)
//
// N is a multiple of 8, K of 32. Any number of tokens is right; above 64 the weights are read
// again.
#include "gemm.cuh"

constexpr int ROWS = 16;
constexpr int ROW_BYTES = SEGMENT * 2;
constexpr int SLOT_BYTES = ROWS * ROW_BYTES;
constexpr int GROUPS = SEGMENT / 32;  // of 32 values of k
constexpr int PIECES = 4;             // of a segment, requested apart
constexpr int AHEAD = 3;              // experts whose weights are asked for before their tokens are known
constexpr int MOST_TOKENS = 64;       // whose sums over rounds of segments are kept at a time

// Sources of one block's 16 rows; `upOffset` leads from a row of w1 to that of w3.
struct WeightRows {
  const bf16* first;
  u64 upOffset;
  int rows;  // that exist, from `first` on
};

// Asks for a segment in four pieces of 64 values of k, each a group of its own to wait for, so that
// the first products run while the last pieces are on their way.
template <bool GATED>
DEVICE void request_segment(u32 slot, const WeightRows& w, int segment, int k) {
  const int lane = threadIdx.x & 31;
  const u64 policy = read_once_policy();
#pragma unroll
  for (int piece = 0; piece < PIECES; piece++) {
    const int vector = piece * 8 + (lane & 7), column = segment * SEGMENT + vector * 8;
#pragma unroll
    for (int quarter = 0; quarter < 4; quarter++) {  // four rows, 128 bytes of each
      const int r = quarter * 4 + (lane >> 3), row = GATED ? r & 7 : r;
      const bf16* source =
          w.first + (GATED && quarter >= 2 ? w.upOffset : 0) + (u64)row * k + column;
      copy_async_once_16(slot + r * ROW_BYTES + swizzled(r, vector) * 16, source,
                         row < w.rows && column < k, policy);
    }
    copy_async_commit();
  }
}

// Waits for the piece that holds 32-value group `group`.
DEVICE void wait_for_piece(int group) {
  static_assert(PIECES == 4 && GROUPS == 8, "two groups a piece");
  if (group == 0) copy_async_wait<3>();
  if (group == 2) copy_async_wait<2>();
  if (group == 4) copy_async_wait<1>();
  if (group == 6) copy_async_wait<0>();
  if (group % 2 == 0) __syncwarp();
}

// The lane's part of 8 tokens' activations in one segment; `row` is that of its token, null if
// none.
DEVICE void load_tokens(uint4 (&x)[GROUPS], const bf16* row, int segment, int k) {
  const int column = segment * SEGMENT + (threadIdx.x & 3) * 8;
#pragma unroll
  for (int i = 0; i < GROUPS; i++) {
    const bool valid = row != nullptr && column + i * 32 < k;
    x[i] = valid ? *(const uint4*)(row + column + i * 32) : make_uint4(0, 0, 0, 0);
  }
}

DEVICE void exchange(u32& even, u32& odd, bool upper, int distance) {
  const u32 other = __shfl_xor_sync(FULL_WARP, upper ? even : odd, distance);
  if (upper) {
    even = other;
  } else {
    odd = other;
  }
}

// Four lanes hold 16 bytes each of a row of 64: afterwards lane t holds word t of each of them,
// which is what operand B of two products takes.
DEVICE void transpose_quad(uint4& x) {
  const int t = threadIdx.x & 3;
  exchange(x.x, x.y, t & 1, 1);
  exchange(x.z, x.w, t & 1, 1);
  exchange(x.x, x.z, t & 2, 2);
  exchange(x.y, x.w, t & 2, 2);
}

DEVICE void store_result(bf16* p, float v) { *p = to_bf16(v); }
DEVICE void store_result(float* p, float v) { *p = v; }

template <bool GATED, typename Out>
DEVICE void multiply_rows(const WeightRows& w, int firstRow, const bf16* a, const int* gather,
                          const TokenTile& tokens, Out* out, int n, int k, bool requested) {
  extern __shared__ __align__(128) u8 shared[];
  const int warps = blockDim.x >> 5, warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
  const int g = lane >> 2, t = lane & 3;
  const int segments = (k + SEGMENT - 1) / SEGMENT;
  const u32 slot = shared_address(shared + warp * SLOT_BYTES);
  const u32 rows = slot + (lane & 15) * ROW_BYTES;  // of which this lane's address for ldmatrix is
  float* partial = (float*)(shared + warps * SLOT_BYTES);  // [warps][16 rows][8 tokens]
  float* total = partial + warps * 128;                     // [MOST_TOKENS][16 rows]

  for (int chunk = tokens.first; chunk < tokens.end; chunk += MOST_TOKENS) {
    const int chunkEnd = min(tokens.end, chunk + MOST_TOKENS);
    for (int base = 0; base < segments; base += warps) {
      const int segment = base + warp;
      if (!requested) request_segment<GATED>(slot, w, segment, k);
      requested = false;
      for (int first = chunk; first < chunkEnd; first += 8) {
        const int token = first + g;
        const bf16* row =
            token < chunkEnd ? a + (u64)(gather != nullptr ? gather[token] : token) * k : nullptr;
        uint4 x[GROUPS];
        load_tokens(x, row, segment, k);
        float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
        for (int i = 0; i < GROUPS; i++) {
          if (first == chunk) wait_for_piece(i);
          transpose_quad(x[i]);
          const uint4 w0 = load_matrix_x4(rows + swizzled(lane, i * 4 + (lane >> 4)) * 16);
          const uint4 w1 = load_matrix_x4(rows + swizzled(lane, i * 4 + 2 + (lane >> 4)) * 16);
          mma_16x8x16(sum, w0.x, w0.y, w0.z, w0.w, x[i].x, x[i].y);
          mma_16x8x16(sum, w1.x, w1.y, w1.z, w1.w, x[i].z, x[i].w);
        }
        float* mine = partial + warp * 128 + g * 8 + 2 * t;
        *(float2*)mine = make_float2(sum[0], sum[1]);
        *(float2*)(mine + 64) = make_float2(sum[2], sum[3]);
        __syncthreads();
        const int used = min(warps, segments - base);
        const bool last = base + warps >= segments;
        const int results = GATED ? 64 : 128;
        for (int i = threadIdx.x; i < results; i += blockDim.x) {
          const int r = i % (results / 8), column = i / (results / 8), index = first + column;
          float* kept = total + (index - chunk) * ROWS + r;
          float value = partial[r * 8 + column], up = GATED ? partial[(r + 8) * 8 + column] : 0.0f;
          for (int s = 1; s < used; s++) {
            value += partial[s * 128 + r * 8 + column];
            if (GATED) up += partial[s * 128 + (r + 8) * 8 + column];
          }
          if (base > 0) {
            value = kept[0] + value;
            if (GATED) up = kept[8] + up;
          }
          if (!last) {
            kept[0] = value;
            if (GATED) kept[8] = up;
          } else if (index < chunkEnd && r < w.rows) {
            store_result(out + (u64)index * n + firstRow + r, GATED ? gate_up(value, up) : value);
          }
        }
        __syncthreads();
      }
    }
  }
}

template <bool GATED, typename Out>
DEVICE void dense(const bf16* a, const bf16* w, Out* out, const int* rows, int n, int k) {
  extern __shared__ __align__(128) u8 shared[];
  const int firstRow = blockIdx.x * (GATED ? 8 : ROWS);
  const WeightRows source = {w + (u64)firstRow * k, (u64)n * k, min(n - firstRow, ROWS)};
  const int warp = threadIdx.x >> 5;
  request_segment<GATED>(shared_address(shared + warp * SLOT_BYTES), source, warp, k);
  const int count = *rows;  // uploaded before the step
  let_later_kernels_start();
  wait_for_earlier_kernels();
  multiply_rows<GATED>(source, firstRow, a, nullptr, {0, 0, count}, out, n, k, true);
}

template <bool GATED>
DEVICE void grouped(const bf16* a, const bf16* w, bf16* out, const int* expertOffset,
                    const int* pairToken, int experts, int n, int k) {
  extern __shared__ __align__(128) u8 shared[];
  const int firstRow = blockIdx.x * (GATED ? 8 : ROWS), warp = threadIdx.x >> 5;
  const auto rows_of = [=](int expert) {
    return WeightRows{w + ((u64)expert * n + firstRow) * k, (u64)experts * n * k,
                      min(n - firstRow, ROWS)};
  };
  const auto request = [&](int expert) {
    request_segment<GATED>(shared_address(shared + warp * SLOT_BYTES), rows_of(expert), warp, k);
  };
  // The list of experts is of the kernel before the gated product, which lets this one start only
  // after its own wait: the list is complete, only the activations need waiting for. The gated product
  // has to wait for the list. Where most experts have tokens, its first blocks ask for weights before.
  const bool known = GATED && gridDim.y == experts;
  const bool requested = known && blockIdx.y < AHEAD;
  if (GATED) {
    if (requested) request(blockIdx.y);
    begin_experts<GATED>();
  }
  TokenTile tile;
  if (known) {
    tile = {(int)blockIdx.y, expertOffset[blockIdx.y], expertOffset[blockIdx.y + 1]};
    if (tile.first == tile.end) tile.expert = -1;
  } else {
    tile = find_expert_tile(expertOffset, experts, blockIdx.y, 1 << 30);
  }
  if (tile.expert >= 0 && !requested) request(tile.expert);
  if (!GATED) begin_experts<GATED>();
  if (tile.expert < 0) {
    copy_async_wait<0>();
    return;
  }
  multiply_rows<GATED>(rows_of(tile.expert), firstRow, a, pairToken, tile, out, n, k, true);
}

extern "C" __global__ void __launch_bounds__(256)
    small_dense(const bf16* a, const bf16* w, bf16* out, const int* rows, int n, int k) {
  dense<false>(a, w, out, rows, n, k);
}

extern "C" __global__ void __launch_bounds__(256)
    small_dense_fp32(const bf16* a, const bf16* w, float* out, const int* rows, int n, int k) {
  dense<false>(a, w, out, rows, n, k);
}

extern "C" __global__ void __launch_bounds__(256)
    small_dense_gated(const bf16* a, const bf16* w13, bf16* out, const int* rows, int f, int k) {
  dense<true>(a, w13, out, rows, f, k);
}

extern "C" __global__ void __launch_bounds__(256)
    small_grouped_gated(const bf16* a, const bf16* w13, bf16* out, const int* expertOffset,
                        const int* pairToken, int experts, int m, int k) {
  grouped<true>(a, w13, out, expertOffset, pairToken, experts, m, k);
}

extern "C" __global__ void __launch_bounds__(256)
    small_grouped(const bf16* a, const bf16* w, bf16* out, const int* expertOffset, int experts,
                  int n, int k) {
  grouped<false>(a, w, out, expertOffset, nullptr, experts, n, k);
}

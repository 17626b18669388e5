// Products of rows in expert order with their expert's weights, and dense products of many rows:
//   many_gated: out[pair, M] = silu(A[pair] W1_e^T) * (A[pair] W3_e^T), or dense with F for M
//   many_bf16:  out[pair, H] = A[pair] W2_e^T, or dense: out[row, N] = A[row] W^T
//
// Persistent blocks walk a list of tiles that each finds by itself from the experts' first rows: for
// every expert, for every 128 rows of its weights, its tokens in chunks of at most `widest`. The
// chunks of one weight tile are neighbours in the list, so they run at the same time and its weights
// leave DRAM once. The width of the product follows the chunk: 8, 16, then steps of 32.
//
// Launch: one block a multiprocessor (any grid is right), 384 threads, 214,016 bytes of dynamic shared
// memory. Arguments, in order:
//   weights   tensor map, gated for many_gated, else plain; box R = 128 (gemm_tile.cuh)
//   rows_8    tensor map of A, box B = 8
//   rows_32   tensor map of A, box B = 32
//   out       BF16 [rows, width]
//   offsets   int32 [experts + 1]: first row of each expert, then the number of rows; dense: int32 [1],
//             the number of rows
//   experts   at most 64; dense: 0
//   width     outputs a row: M, H, F or N
//   k_steps   ceil(K / 64)
//   widest    tokens of a chunk: 64, 128 or 256. Experts: 256. Dense: the largest that makes 96 tiles,
//             so that few rows still fill the multiprocessors.
#include "gemm_store.cuh"
#include "tile_list.cuh"

#define R 128
#define WIDEST 256
#define SLOTS 4
#define SLOT_BYTES (Rows<R>::BYTES + WIDEST * ROW_BYTES)
#define CONSUMERS (32 * Rows<R>::WARPS)  // threads

typedef Ring<SLOTS, SLOT_BYTES> SlotRing;

DEVICE int product_width(int count) {
  return count <= 8 ? 8 : count <= 16 ? 16 : (count + 31) & ~31;
}

// One thread: the weights and token rows of all tiles of this block.
template <bool GATED>
DEVICE void produce(SlotRing& ring, const TileList& list, const TensorMap* weights,
                    const TensorMap* rows_8, const TensorMap* rows_32, int k_steps, int widest) {
  u64 once = evict_first_policy(), again = evict_normal_policy();
  Tile tile;
  int expert = 0;
  for (int i = blockIdx.x; find_tile(list, i, widest, expert, tile); i += gridDim.x) {
    int n = product_width(tile.count), box = n < 32 ? 8 : 32;
    const TensorMap* rows = n < 32 ? rows_8 : rows_32;
    u64 policy = tile.alone ? once : again;
    for (int step = 0; step < k_steps; step++) {
      ring.wait_empty();
      u32 barrier = ring.full_barrier(), to = ring.address() + Rows<R>::BYTES;
      barrier_expect(barrier, Rows<R>::BYTES + n * ROW_BYTES);
      copy_weights<GATED, R>(ring.address(), weights, step * K_STEP, tile.row_tile, tile.expert,
                             barrier, policy);
      for (int r = 0; r < n; r += box) {
        copy_tensor_2d(to + r * ROW_BYTES, rows, step * K_STEP, tile.row + r, barrier);
      }
      ring.advance();
    }
  }
}

template <int N, bool GATED>
DEVICE void multiply_and_store(SlotRing& ring, const Tile& tile, bf16* out, int width, int k_steps,
                               u32 stages) {
  int group = threadIdx.x / 128;
  float d[N / 2];
  multiply<N, R>(d, ring, k_steps, group);
  int column = (tile.row_tile * R + group * 64) / (GATED ? 2 : 1);
  bf16* to = out + (size_t)tile.row * width;
  if constexpr (N >= STAGE_TOKENS) {
    store_staged<N, GATED>(d, to, width, column, tile.count, stages + group * 2 * STAGE_BYTES, group);
  } else {
    store_direct<N, GATED>(d, to, width, column, tile.count);
  }
}

template <bool GATED>
DEVICE void consume(SlotRing& ring, const TileList& list, bf16* out, int width, int k_steps,
                    int widest, u32 stages) {
#define WIDTH(n)                                                            \
  case n:                                                                   \
    multiply_and_store<n, GATED>(ring, tile, out, width, k_steps, stages);  \
    break;
  Tile tile;
  int expert = 0;
  for (int i = blockIdx.x; find_tile(list, i, widest, expert, tile); i += gridDim.x) {
    switch (product_width(tile.count)) {
      WIDTH(8)
      WIDTH(16)
      WIDTH(32)
      WIDTH(64)
      WIDTH(96)
      WIDTH(128)
      WIDTH(160)
      WIDTH(192)
      WIDTH(224)
      WIDTH(256)
    }
  }
#undef WIDTH
}

template <bool GATED>
DEVICE void product(const TensorMap* weights, const TensorMap* rows_8, const TensorMap* rows_32,
                    bf16* out, const int* offsets, int experts, int width, int k_steps, int widest) {
  constexpr int COLUMNS = GATED ? R / 2 : R;
  extern __shared__ u8 shared[];
  __shared__ __align__(8) u64 barriers[2 * SLOTS];
  __shared__ TileList list;
  u32 data = (shared_address(shared) + 1023) & ~1023u;
  SlotRing ring(data, shared_address(barriers));
  if (threadIdx.x == 0) ring.init(Rows<R>::WARPS);
  wait_for_earlier_kernels();
  let_later_kernels_start();
  if (threadIdx.x < 32) {
    list_tiles(list, offsets, experts, (width + COLUMNS - 1) / COLUMNS, widest);
  }
  __syncthreads();

  // Registers move from the copying warpgroup to those that multiply.
  if (threadIdx.x >= CONSUMERS) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (threadIdx.x == CONSUMERS) {
      produce<GATED>(ring, list, weights, rows_8, rows_32, k_steps, widest);
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    consume<GATED>(ring, list, out, width, k_steps, widest, data + SLOTS * SLOT_BYTES);
  }
}

#define PRODUCT(name, gated)                                                                       \
  extern "C" __global__ void __launch_bounds__(CONSUMERS + 128, 1)                                 \
      name(const __grid_constant__ TensorMap weights, const __grid_constant__ TensorMap rows_8,    \
           const __grid_constant__ TensorMap rows_32, bf16* out, const int* offsets, int experts,  \
           int width, int k_steps, int widest) {                                                   \
    product<gated>(&weights, &rows_8, &rows_32, out, offsets, experts, width, k_steps, widest);    \
  }

PRODUCT(many_gated, true)
PRODUCT(many_bf16, false)

// Products of rows in expert order with their expert's weights, and dense products of many rows:
//   many_gated: out[pair, M] = silu(A[pair] W1_e^T) * (A[pair] W3_e^T), or dense with F for M
//   many_bf16:  out[pair, H] = A[pair] W2_e^T, or dense: out[row, N] = A[row] W^T
//
// Persistent blocks walk a list of tiles that each finds by itself from the experts' first rows: for
// every expert, for every 128 rows of its weights, its tokens in chunks of at most `widest`. The
// chunks of one weight tile are neighbours in the list, so they run at the same time and its weights
// leave DRAM once. The width of the product follows the chunk: 8, 16, then steps of 32.
//
// Two neighbouring multiprocessors, a cluster, compute neighbouring tiles of weights of the same
// tokens: each copies half of the tokens' rows into both, a third less to read from L2.
//
// Launch: one block a multiprocessor (any even grid is right), clusters of 2, 384 threads, 230,400 bytes
// of dynamic shared memory. Arguments, in order:
//   weights   tensor map, gated for many_gated, else plain; box R = 128 (gemm_tile.cuh)
//   rows_8    tensor map of A, box B = 8
//   rows_32   tensor map of A, box B = 32
//   out       BF16 [rows, width]
//   offsets   int32 [experts + 1]: first row of each expert, then the number of rows; dense: int32 [1],
//             the number of rows
//   counter   int32 [1], zero, and used by this launch only; dense: null
//   experts   at most 64; dense: 0
//   width     outputs a row: M, H, F or N
//   k_steps   ceil(K / 64)
//   widest    most tokens of a chunk. Experts: 288, because chunks of 8,192 tokens give each of 64 experts
//             about 512. Dense: the largest of 64, 128 and 256 that makes 96 tiles, so that few rows
//             still fill the multiprocessors.
#include "gemm_store.cuh"
#include "tile_list.cuh"
#include "tile_queue.cuh"

#define R 128
#define WIDEST 288
#define SLOTS 4
#define SLOT_BYTES (Rows<R>::BYTES + WIDEST * ROW_BYTES)
#define BLOCKS 2  // of a cluster
#define CONSUMERS (32 * Rows<R>::WARPS)  // threads

typedef Ring<SLOTS, SLOT_BYTES> SlotRing;

DEVICE int product_width(int count) {
  return count <= 8 ? 8 : count <= 16 ? 16 : (count + 31) & ~31;
}

// One thread: the weights and token rows of all tiles of this block.
template <bool GATED>
DEVICE void produce(SlotRing& ring, const TileList& list, const TensorMap* weights,
                    const TensorMap* rows_8, const TensorMap* rows_32, int k_steps, int widest,
                    TileQueue queue, int* counter) {
  u64 once = evict_first_policy(), again = evict_normal_policy();
  Tile tile;
  int expert = 0, clusters = gridDim.x / BLOCKS;
  u32 rank = cluster_rank();
  for (int i = blockIdx.x / BLOCKS; find_tile(list, i, widest, expert, tile); i = queue.take()) {
    int next = i + clusters;
    if (rank == 0 && counter) next = clusters + atomicAdd(counter, 1);
    int n = product_width(tile.count), box = n < 32 ? 8 : 32;
    const TensorMap* rows = n < 32 ? rows_8 : rows_32;
    u64 policy = tile.alone ? once : again;
    for (int step = 0; step < k_steps; step++) {
      ring.wait_empty();
      u32 barrier = ring.full_barrier(), to = ring.address() + Rows<R>::BYTES;
      barrier_expect(barrier, Rows<R>::BYTES + n * ROW_BYTES);
      copy_weights<GATED, R>(ring.address(), weights, step * K_STEP, tile.row_tile * BLOCKS + rank,
                             tile.expert, barrier, policy);
      for (int r = rank * box; r < n; r += BLOCKS * box) {
        copy_tensor_2d_to((1 << BLOCKS) - 1, to + r * ROW_BYTES, rows, step * K_STEP, tile.row + r,
                          barrier);
      }
      ring.advance();
      if (rank == 0 && step == k_steps / 2) queue.give(next, BLOCKS);
    }
  }
}

template <int N, bool GATED>
DEVICE void multiply_and_store(SlotRing& ring, const Tile& tile, bf16* out, int width, int k_steps,
                               u32 stages) {
  constexpr int FIRST = N > 256 ? 256 : N, MORE = N - FIRST;
  int group = threadIdx.x / 128;
  float d[FIRST / 2], e[MORE / 2 + 1];
  multiply<FIRST, MORE, R, BLOCKS>(d, e, ring, k_steps, group);
  int row = (tile.row_tile * BLOCKS + cluster_rank()) * R + group * 64;
  int column = row / (GATED ? 2 : 1);
  bf16* to = out + (size_t)tile.row * width;
  u32 stage = stages + group * 2 * STAGE_BYTES;
  if constexpr (N >= STAGE_TOKENS) {
    store_staged<FIRST, GATED>(d, to, width, column, tile.count, stage, group);
  } else {
    store_direct<N, GATED>(d, to, width, column, tile.count);
  }
  if constexpr (MORE > 0) {
    store_staged<MORE, GATED>((float(&)[MORE / 2])e, to + (size_t)FIRST * width, width, column,
                              tile.count - FIRST, stage, group);
  }
}

template <bool GATED>
DEVICE void consume(SlotRing& ring, const TileList& list, bf16* out, int width, int k_steps,
                    int widest, u32 stages, TileQueue queue) {
#define WIDTH(n)                                                            \
  case n:                                                                   \
    multiply_and_store<n, GATED>(ring, tile, out, width, k_steps, stages);  \
    break;
  Tile tile;
  int expert = 0;
  for (int i = blockIdx.x / BLOCKS; find_tile(list, i, widest, expert, tile); i = queue.take()) {
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
      WIDTH(288)
    }
  }
#undef WIDTH
}

template <bool GATED>
DEVICE void product(const TensorMap* weights, const TensorMap* rows_8, const TensorMap* rows_32,
                    bf16* out, const int* offsets, int* counter, int experts, int width,
                    int k_steps, int widest) {
  constexpr int COLUMNS = BLOCKS * (GATED ? R / 2 : R);
  extern __shared__ u8 shared[];
  __shared__ __align__(8) u64 barriers[2 * SLOTS];
  __shared__ __align__(8) u64 queue_barriers[QUEUE];
  __shared__ int queue_entries[QUEUE];
  __shared__ TileList list;
  u32 data = (shared_address(shared) + 1023) & ~1023u;
  SlotRing ring(data, shared_address(barriers));
  TileQueue queue(shared_address(queue_entries), shared_address(queue_barriers));
  if (threadIdx.x == 0) {
    ring.init(BLOCKS * Rows<R>::WARPS);
    queue.init();
  }
  cluster_arrive();  // nobody tells the other's barriers anything before they are there
  cluster_wait();
  wait_for_earlier_kernels();
  let_later_kernels_start();
  if (threadIdx.x < 32) {  // a tile of the list is one for each block of the cluster
    list_tiles(list, offsets, experts, (width + COLUMNS - 1) / COLUMNS, widest);
  }
  __syncthreads();

  // Registers move from the copying warpgroup to those that multiply.
  if (threadIdx.x >= CONSUMERS) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (threadIdx.x == CONSUMERS) {
      produce<GATED>(ring, list, weights, rows_8, rows_32, k_steps, widest, queue, counter);
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    consume<GATED>(ring, list, out, width, k_steps, widest, data + SLOTS * SLOT_BYTES, queue);
  }
  cluster_arrive();  // nobody leaves while the other's barriers or copies need him
  cluster_wait();
}

#define PRODUCT(name, gated)                                                                       \
  extern "C" __global__ void __launch_bounds__(CONSUMERS + 128, 1)                                 \
      name(const __grid_constant__ TensorMap weights, const __grid_constant__ TensorMap rows_8,    \
           const __grid_constant__ TensorMap rows_32, bf16* out, const int* offsets, int* counter, \
           int experts, int width, int k_steps, int widest) {                                      \
    product<gated>(&weights, &rows_8, &rows_32, out, offsets, counter, experts, width, k_steps,    \
                   widest);                                                                        \
  }

PRODUCT(many_gated, true)
PRODUCT(many_bf16, false)

// Products of rows in expert order with their expert's weights, and dense products of many tokens
// (one expert that has all rows):
//   gated: out[pair, M] = silu(A[pair] W1_e^T) * (A[pair] W3_e^T)      plain: out[pair, H] = A[pair] W2_e^T
//
// Persistent blocks walk a list of tiles that each finds by itself from the experts' first rows: for
// every expert, for every 128 rows of its weights, its tokens in chunks of at most WIDEST. The chunks
// of one weight tile are neighbours in the list, so they run at the same time and its weights leave
// DRAM once. The width of the product follows the chunk: 8, 16, 32, then steps of 32.
#include "gemm_list.cuh"

// Rows come by `rows_8` and `rows_32`, or, gathered, from `rows` by `token`. One expert: `offsets` is
// the number of rows.
template <typename S, bool GROUPED, bool GATHERED, int LOW, int HIGH>
DEVICE void product(const TensorMap* weights, const TensorMap* rows_8, const TensorMap* rows_32,
                    const bf16* rows, const int* token, bf16* out, const int* offsets, int experts,
                    int width, int k_size, int widest) {
  extern __shared__ u8 shared[];
  __shared__ __align__(8) u64 barriers[2 * S::SLOTS];
  __shared__ TileList list;
  u32 data = (shared_address(shared) + 1023) & ~1023u;
  typename S::SlotRing ring(data, shared_address(barriers));
  u32 after = data + S::SLOTS * slot_bytes<S::WIDEST * S::PARTS>();
  float* sums = (float*)(shared + (after - shared_address(shared)));
  int slots = (k_size + K_STEP * S::PARTS - 1) / (K_STEP * S::PARTS);
  if (threadIdx.x == 0) ring.init(S::BLOCKS, GATHERED ? S::PRODUCER_WARPS : 0);
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int rank = S::BLOCKS > 1 ? cluster_rank() : 0;
  if (threadIdx.x < 32) {
    int row_tiles = (width + S::COLUMNS * S::BLOCKS - 1) / (S::COLUMNS * S::BLOCKS);
    list_tiles(list, offsets, GROUPED ? experts : 0, row_tiles, widest);
  }
  if (S::BLOCKS > 1) {  // the other blocks' barriers are ready
    cluster_arrive();
    cluster_wait();
  }
  __syncthreads();

  if (threadIdx.x >= 32 * CONSUMER_WARPS) {
    if (LOW > 0) asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(LOW > 0 ? LOW : 24));
    if (GATHERED) {
      produce_gathered<S>(ring, list, weights, rows, token, k_size, slots, widest);
    } else if (threadIdx.x == 32 * CONSUMER_WARPS) {
      produce<S>(ring, list, weights, rows_8, rows_32, slots, widest, rank);
    }
  } else {
    if (HIGH > 0) asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(HIGH > 0 ? HIGH : 24));
    consume<S>(ring, list, out, width, slots, widest, rank, sums, after);
  }
  if (S::BLOCKS > 1) {  // nobody leaves while others signal its barriers
    __syncwarp();
    cluster_arrive();
    cluster_wait();
  }
}

// Kernels. ORDERED: rows lie in the order of the tiles. GATHERED: token[tile row] says which.
#define ORDERED(name, threads, blocks, grouped, low, high, ...)                                    \
  extern "C" __global__ void __launch_bounds__(threads, blocks)                                   \
      name(const __grid_constant__ TensorMap weights, const __grid_constant__ TensorMap rows_8,   \
           const __grid_constant__ TensorMap rows_32, bf16* out, const int* offsets, int experts, \
           int width, int k_size, int widest) {                                                   \
    product<Shape<__VA_ARGS__>, grouped, false, low, high>(&weights, &rows_8, &rows_32, nullptr,  \
                                                           nullptr, out, offsets, experts, width, \
                                                           k_size, widest);                       \
  }
#define GATHERED(name, threads, blocks, low, high, ...)                                            \
  extern "C" __global__ void __launch_bounds__(threads, blocks)                                   \
      name(const __grid_constant__ TensorMap weights, const bf16* rows, const int* token,         \
           bf16* out, const int* offsets, int experts, int width, int k_size, int widest) {       \
    product<Shape<__VA_ARGS__>, true, true, low, high>(&weights, nullptr, nullptr, rows, token,   \
                                                       out, offsets, experts, width, k_size,      \
                                                       widest);                                   \
  }

ORDERED(grouped_up_64, 288, 2, true, 0, 0, 64, 128, 4, 1, 1, true)
ORDERED(grouped_down_64, 288, 2, true, 0, 0, 64, 128, 4, 1, 1, false)
ORDERED(grouped_up_32, 288, 1, true, 0, 0, 32, 128, 10, 1, 1, true)
ORDERED(grouped_down_32, 288, 1, true, 0, 0, 32, 128, 10, 1, 1, false)
ORDERED(grouped_up_h32, 288, 1, true, 0, 0, 32, 64, 8, 1, 1, true)
ORDERED(grouped_down_h32, 288, 1, true, 0, 0, 32, 64, 8, 1, 1, false)
ORDERED(grouped_up_256, 384, 1, true, 40, 232, 256, 128, 4, 1, 4, true)
ORDERED(grouped_down_256, 384, 1, true, 40, 232, 256, 128, 4, 1, 4, false)
ORDERED(dense_many_gated, 384, 1, false, 40, 232, 256, 128, 4, 1, 4, true)
ORDERED(dense_many_bf16, 384, 1, false, 40, 232, 256, 128, 4, 1, 4, false)
ORDERED(grouped_up_pair, 384, 1, true, 40, 232, 256, 128, 4, 2, 4, true)
ORDERED(grouped_down_pair, 384, 1, true, 40, 232, 256, 128, 4, 2, 4, false)
ORDERED(dense_pair_gated, 384, 1, false, 40, 232, 256, 128, 4, 2, 4, true)
ORDERED(dense_pair_bf16, 384, 1, false, 40, 232, 256, 128, 4, 2, 4, false)
GATHERED(gathered_up_256, 384, 1, 56, 224, 256, 128, 4, 1, 4, true)
GATHERED(gathered_up_32, 384, 1, 0, 0, 32, 128, 10, 1, 4, true)

// Products of rows in expert order with their expert's weights, and dense products of many rows:
//   many_gated: out[pair, M] = silu(A[pair] W1_e^T) * (A[pair] W3_e^T), or dense with F for M
//   many_bf16:  out[pair, H] = A[pair] W2_e^T, or dense: out[row, N] = A[row] W^T
//
// Persistent blocks walk a list of tiles that each finds by itself from the experts' first rows: for
// every expert, for every 128 rows of its weights, its tokens in chunks of at most `widest`. The
// chunks of one weight tile are neighbours in the list, so they run at the same time and its weights
// leave DRAM once. The width of the product follows the chunk: 8, 16, 32, then steps of 32.
//
// Launch: grid one block a multiprocessor (any grid is right), no cluster.
//   many_*_32    288 threads, 205,824 bytes of dynamic shared memory; experts, to 256 tokens a step
//   many_*_256   384 threads, 214,016 bytes; experts beyond that, dense beyond 256 rows
// Arguments, in order:
//   weights   tensor map, gated for many_gated, else plain; box R = 128 (gemm_tile.cuh)
//   rows_8    tensor map of A, box B = 8
//   rows_32   tensor map of A, box B = 32
//   out       BF16 [rows, width]
//   offsets   int32 [experts + 1]: first row of each expert, then the number of rows; dense: int32 [1],
//             the number of rows
//   experts   at most 64; dense: 0
//   width     outputs a row: M, H, F or N
//   k_steps   ceil(K / 64)
//   widest    tokens of a chunk, a multiple of 32: the kernel's 32 or 256; dense 64, 128 or 256, the
//             largest with ceil(width / 128 (gated 64)) * ceil(rows / widest) >= 96 (64 if none has)
#include "gemm_list.cuh"

template <typename S, int LOW, int HIGH>
DEVICE void product(const TensorMap* weights, const TensorMap* rows_8, const TensorMap* rows_32,
                    bf16* out, const int* offsets, int experts, int width, int k_steps, int widest) {
  extern __shared__ u8 shared[];
  __shared__ __align__(8) u64 barriers[2 * S::SLOTS];
  __shared__ TileList list;
  u32 data = (shared_address(shared) + 1023) & ~1023u;
  typename S::SlotRing ring(data, shared_address(barriers));
  u32 stages = data + S::SLOTS * S::SLOT;
  if (threadIdx.x == 0) ring.init(S::WARPS);
  wait_for_earlier_kernels();
  let_later_kernels_start();
  if (threadIdx.x < 32) {
    list_tiles(list, offsets, experts, (width + S::COLUMNS - 1) / S::COLUMNS, widest);
  }
  __syncthreads();

  if (threadIdx.x >= 32 * S::WARPS) {
    if constexpr (LOW > 0) asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(LOW));
    if (threadIdx.x == 32 * S::WARPS) {
      produce<S>(ring, list, weights, rows_8, rows_32, k_steps, widest);
    }
  } else {
    if constexpr (HIGH > 0) asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(HIGH));
    consume<S>(ring, list, out, width, k_steps, widest, stages);
  }
}

// LOW and HIGH: registers of the copying warpgroup and of those that multiply.
#define PRODUCT(name, threads, low, high, ...)                                                     \
  extern "C" __global__ void __launch_bounds__(threads, 1)                                         \
      name(const __grid_constant__ TensorMap weights, const __grid_constant__ TensorMap rows_8,    \
           const __grid_constant__ TensorMap rows_32, bf16* out, const int* offsets, int experts,  \
           int width, int k_steps, int widest) {                                                   \
    product<Shape<__VA_ARGS__>, low, high>(&weights, &rows_8, &rows_32, out, offsets, experts,     \
                                           width, k_steps, widest);                                \
  }

PRODUCT(many_gated_32, 288, 0, 0, 128, 32, 10, true)
PRODUCT(many_bf16_32, 288, 0, 0, 128, 32, 10, false)
PRODUCT(many_gated_256, 384, 40, 232, 128, 256, 4, true)
PRODUCT(many_bf16_256, 384, 40, 232, 128, 256, 4, false)

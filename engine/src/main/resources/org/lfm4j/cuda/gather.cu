// Rows of tokens into the order of (token, expert) pairs, for kernels that copy boxes of rows:
// out[p] = a[token[p]] for p < offsets[experts].
//
// Launch: any grid, 256 threads. Arguments: a BF16 [T, k], token int32 [pairs], out BF16 [pairs, k],
// offsets int32 [experts + 1] (first pair of each expert, then their number), experts, k (a multiple
// of 8).
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
    gather_rows(const bf16* a, const int* token, bf16* out, const int* offsets, int experts, int k) {
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int pieces = k / 8;  // of 16 bytes
  int all = offsets[experts] * pieces;
  int step = gridDim.x * 256;
  for (int i = blockIdx.x * 256 + threadIdx.x; i < all; i += step) {
    int pair = i / pieces;
    ((uint4*)out)[i] = ((const uint4*)a)[token[pair] * pieces + (i - pair * pieces)];
  }
}

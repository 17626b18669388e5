// Rows of tokens into the order of (token, expert) pairs, for kernels that copy boxes of rows:
// out[pair_row[t, j]] = a[t] for t < rows. A row is read once for all of its experts.
//
// Launch: grid T, 256 threads. Arguments: a BF16 [T, k], pair_row int32 [T, top], out BF16 [pairs, k],
// rows int32 [1], top, k (a multiple of 8).
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256)
    scatter_rows(const bf16* a, const int* pair_row, bf16* out, const int* rows, int top, int k) {
  let_later_kernels_start();
  wait_for_earlier_kernels();
  int token = blockIdx.x;
  if (token >= *rows) return;
  for (int i = threadIdx.x * 8; i < k; i += 256 * 8) {
    uint4 v = *(const uint4*)(a + (u64)token * k + i);
    for (int j = 0; j < top; j++) *(uint4*)(out + (u64)pair_row[token * top + j] * k + i) = v;
  }
}

// What the two matrix products (gemm_small.cu, gemm_mma.cu) share, above all the order in which
// they add, so that a row's result is the same bits whichever of them computes it and whatever else
// is in the batch:
//
//   * K is cut into segments of 256. A segment is one chain of mma.sync (m16n8k16), from zero, k
//     rising.
//   * Eight segments, 2048 values of k, are a group; its segments are added in order:
//     ((s0 + s1) + s2) + ... The sums of the groups are again added in order.
//
// Weights are operand A (16 rows), tokens operand B (8 columns). In a gated product the 16 rows of
// a tile are 8 rows of w1 and the same 8 rows of w3, so that silu(gate) * up happens in registers.
#pragma once
#include "common.cuh"

constexpr int SEGMENT = 256;
constexpr int GROUP = 2048;

// Where 16-byte vector `vector` of row `row` lies in a shared row of 128 bytes or more: eight rows
// of one column, which ldmatrix reads together, lie in different banks.
DEVICE int swizzled(int row, int vector) { return vector ^ (row & 7); }

// The tokens one block multiplies: pairs first .. end-1 of `expert`, or rows of a dense product.
struct TokenTile {
  int expert;
  int first;
  int end;
};

// Tile number `tile` when every expert's pairs are cut into tiles of `tokens`, the first `skipped` of
// which don't count; expert -1 past the last. Read by a whole warp; at most 64 experts. expertOffset:
// [experts + 1], int32.
DEVICE TokenTile find_expert_tile(const int* expertOffset, int experts, int tile, int tokens,
                                  int skipped = 0) {
  const int lane = threadIdx.x & 31;
  int before = 0;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int expert = lane + 32 * half;
    int first = 0, end = 0;
    if (expert < experts) {
      first = expertOffset[expert];
      end = expertOffset[expert + 1];
    }
    const int tiles = max(0, (end - first + tokens - 1) / tokens - skipped);
    int upTo = tiles;
#pragma unroll
    for (int step = 1; step < 32; step <<= 1) {
      const int other = __shfl_up_sync(FULL_WARP, upTo, step);
      if (lane >= step) upTo += other;
    }
    const u32 reached = __ballot_sync(FULL_WARP, before + upTo > tile);
    if (reached != 0) {
      const int owner = __ffs(reached) - 1;
      const int index = tile - before - __shfl_sync(FULL_WARP, upTo - tiles, owner);
      first = __shfl_sync(FULL_WARP, first, owner) + (index + skipped) * tokens;
      end = __shfl_sync(FULL_WARP, end, owner);
      return {owner + 32 * half, first, min(end, first + tokens)};
    }
    before += __shfl_sync(FULL_WARP, upTo, 31);
  }
  return {-1, 0, 0};
}

// The experts' first product lets later kernels start only after its own wait: they may read the choice
// of experts before theirs.
template <bool FIRST>
DEVICE void begin_experts() {
  if (FIRST) {
    wait_for_earlier_kernels();
    let_later_kernels_start();
  } else {
    let_later_kernels_start();
    wait_for_earlier_kernels();
  }
}

// Both products of a layer's experts in one kernel: h = silu(A W1_e^T) * (A W3_e^T), y = h W2_e^T.
//
// The list of tiles is all of the first product, then all of the second, in the same order of experts;
// the persistent blocks walk it without stopping in between. A tile of the second product waits until
// its expert's part of the first is done, which is nearly always long ago: what two kernels lose at
// their borders (the last, uneven round of tiles, the launch, the first reads of DRAM) is lost once.
//
// All blocks must be resident: launch at most as many as multiprocessors. `done` counts finished warps
// of an expert's first product; zero before the first launch, and zero again after each.
#include "gemm_list.cuh"

DEVICE u32 load_acquire(const u32* p) {
  u32 v;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(v) : "l"(p) : "memory");
  return v;
}
DEVICE void add_release(u32* p, u32 v) {
  asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(p), "r"(v) : "memory");
}

struct Walk {
  int index, up_tiles, expert;
  bool down;
  DEVICE Walk(const TileList& up)
      : index(blockIdx.x), up_tiles(up.first_tile[up.experts]), expert(0), down(false) {}
  DEVICE bool next(const TileList& up, const TileList& down_list, int widest, Tile& tile) {
    if (!down && index >= up_tiles) {
      down = true;
      expert = 0;
    }
    bool found = down ? find_tile(down_list, index - up_tiles, widest, expert, tile)
                      : find_tile(up, index, widest, expert, tile);
    index += gridDim.x;
    return found;
  }
};

// up_weights, down_weights  tensor maps as for grouped_up and grouped_down
// x_8, x_32                 of A[pairs, H], boxes {64, 8} and {64, 32}; h_8, h_32 of h[pairs, M]
// h [pairs, M], y [pairs, H], offsets [experts + 1], done [experts + 1]
template <typename Up, typename Down>
DEVICE void moe(const TensorMap* up_weights, const TensorMap* down_weights, const TensorMap* x_8,
                const TensorMap* x_32, const TensorMap* h_8, const TensorMap* h_32, bf16* h, bf16* y,
                const int* offsets, u32* done, int experts, int hidden, int expert_width) {
  constexpr int WIDEST = Up::WIDEST, PARTS = Up::PARTS;
  constexpr int WRITERS = Up::ROWS == 64 ? 4 : CONSUMER_WARPS;  // warps that store a tile
  extern __shared__ u8 shared[];
  __shared__ __align__(8) u64 barriers[2 * Up::SLOTS];
  __shared__ TileList up, down;
  u32 data = (shared_address(shared) + 1023) & ~1023u;
  typename Up::SlotRing ring(data, shared_address(barriers));
  u32 after = data + Up::SLOTS * slot_bytes<WIDEST * PARTS>();
  float* sums = (float*)(shared + (after - shared_address(shared)));
  constexpr int SLOT_K = K_STEP * PARTS;
  int up_slots = (hidden + SLOT_K - 1) / SLOT_K, down_slots = (expert_width + SLOT_K - 1) / SLOT_K;
  int warp = threadIdx.x / 32;
  if (threadIdx.x == 0) ring.init();
  wait_for_earlier_kernels();
  let_later_kernels_start();
  if (warp == 0) {
    list_tiles(up, offsets, experts, (expert_width + Up::COLUMNS - 1) / Up::COLUMNS, WIDEST);
  } else if (warp == 1) {
    list_tiles(down, offsets, experts, (hidden + Down::COLUMNS - 1) / Down::COLUMNS, WIDEST);
  }
  __syncthreads();

  Walk walk(up);
  Tile tile;
  if (warp == CONSUMER_WARPS) {  // weights run ahead of everything
    if (threadIdx.x % 32 == 0) {
      u64 once = evict_first_policy(), again = evict_normal_policy();
      while (walk.next(up, down, WIDEST, tile)) {
        u32 bytes = WEIGHT_BYTES + PARTS * product_width(tile.count) * TOKEN_BYTES;
        u64 policy = tile.alone ? once : again;
        int slots = walk.down ? down_slots : up_slots;
        for (int slot = 0; slot < slots; slot++) {
          ring.wait_empty();
          barrier_expect(ring.full_barrier(), bytes);
#pragma unroll
          for (int p = 0; p < PARTS; p++) {
            u32 to = ring.address() + p * (WEIGHT_BYTES / PARTS);
            int k = (slot * PARTS + p) * K_STEP;
            if (walk.down) {
              copy_weights<false, Up::ROWS>(to, down_weights, k, tile.row_tile, tile.expert,
                                            ring.full_barrier(), policy);
            } else {
              copy_weights<true, Up::ROWS>(to, up_weights, k, tile.row_tile, tile.expert,
                                           ring.full_barrier(), policy);
            }
          }
          ring.advance();
        }
      }
    }
  } else if (warp == CONSUMER_WARPS + 1) {  // token rows
    if (threadIdx.x % 32 == 0) {
      while (walk.next(up, down, WIDEST, tile)) {
        int n = product_width(tile.count), box = n < 32 ? 8 : 32;
        const TensorMap* map =
            walk.down ? (n < 32 ? h_8 : h_32) : (n < 32 ? x_8 : x_32);
        if (walk.down) {
          u32 all = (up.first_tile[tile.expert + 1] - up.first_tile[tile.expert]) * WRITERS;
          while (load_acquire(done + tile.expert) < all) {
          }
          asm volatile("fence.proxy.async;" ::: "memory");  // tensor copies read what stores wrote
        }
        int slots = walk.down ? down_slots : up_slots;
        for (int slot = 0; slot < slots; slot++) {
          ring.wait_empty();
#pragma unroll
          for (int p = 0; p < PARTS; p++) {
            u32 to = ring.address() + WEIGHT_BYTES + p * n * TOKEN_BYTES;
            for (int r = 0; r < n; r += box) {
              copy_tensor_2d(to + r * TOKEN_BYTES, map, (slot * PARTS + p) * K_STEP, tile.row + r,
                             ring.full_barrier());
            }
          }
          ring.advance();
        }
      }
    }
  } else {
#define MOE_WIDTH(n)                                                                                \
  case n:                                                                                           \
    if (n <= WIDEST) {                                                                              \
      constexpr int N = n <= WIDEST ? n : 8;                                                        \
      if (walk.down) {                                                                              \
        multiply_and_store<N, Down>(ring, tile, y, hidden, down_slots, sums, after);                \
      } else {                                                                                      \
        multiply_and_store<N, Up>(ring, tile, h, expert_width, up_slots, sums, after);              \
      }                                                                                             \
    }                                                                                               \
    break;
    while (walk.next(up, down, WIDEST, tile)) {
      switch (product_width(tile.count)) {
        MOE_WIDTH(8)
        MOE_WIDTH(16)
        MOE_WIDTH(32)
        MOE_WIDTH(64)
      }
      if (!walk.down && warp < WRITERS) {
        asm volatile("fence.proxy.async;" ::: "memory");  // tensor copies will read the stores
        __syncwarp();
        if (threadIdx.x % 32 == 0) add_release(done + tile.expert, 1);
      }
    }
  }
  // The last block to come here leaves the counters as it found them.
  __syncwarp();
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    if (atomicAdd(done + experts, 1) == gridDim.x - 1) {
      for (int e = 0; e <= experts; e++) done[e] = 0;
    }
  }
}

// Block 320 threads; shared memory slots * (16,384 + 128 * widest * (128 / rows)) + 1,024 bytes, and
// 256 * widest more where rows is 64.
#define MOE(name, widest, rows, slots)                                                             \
  extern "C" __global__ void __launch_bounds__(320, 1)                                             \
      name(const __grid_constant__ TensorMap up_weights,                                           \
           const __grid_constant__ TensorMap down_weights, const __grid_constant__ TensorMap x_8,  \
           const __grid_constant__ TensorMap x_32, const __grid_constant__ TensorMap h_8,          \
           const __grid_constant__ TensorMap h_32, bf16* h, bf16* y, const int* offsets, u32* done, \
           int experts, int hidden, int expert_width) {                                            \
    moe<Shape<widest, rows, slots, 1, 1, true>, Shape<widest, rows, slots, 1, 1, false>>(          \
        &up_weights, &down_weights, &x_8, &x_32, &h_8, &h_32, h, y, offsets, done, experts, hidden, \
        expert_width);                                                                             \
  }

MOE(moe_32, 32, 128, 10)
MOE(moe_64, 64, 128, 8)
MOE(moe_h32, 32, 64, 8)

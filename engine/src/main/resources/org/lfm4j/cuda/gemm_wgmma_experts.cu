// Both products of a layer's experts in one kernel: h = silu(A W1_e^T) * (A W3_e^T), y = h W2_e^T.
//
// The list of tiles is all of the first product, then all of the second, in the same order of experts;
// the persistent blocks walk it without stopping in between. A tile of the second product waits until
// its expert's part of the first is done, which is nearly always long ago: what two kernels lose at
// their borders (the last, uneven round of tiles, the launch, the first reads of DRAM) is lost once.
//
// Launch: one block a multiprocessor (all must be resident), 320 threads, dynamic shared memory
// 205,824 bytes (experts_32) or 197,632 (experts_64). Arguments, in order:
//   up_weights, down_weights   tensor maps, gated and plain, R = 128
//   x_8, x_32                  tensor maps of A[pairs, H] in expert order, boxes 8 and 32
//   h_8, h_32                  tensor maps of h[pairs, M], boxes 8 and 32
//   h, y                       BF16 [pairs, M] and [pairs, H]
//   offsets                    int32 [experts + 1]: first pair of each expert, then their number
//   done                       u32 [experts + 1]: zeros before the first launch, and again after each
//   experts (at most 64), hidden (H), expert_width (M)
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

template <typename Up, typename Down>
DEVICE void experts_both(const TensorMap* up_weights, const TensorMap* down_weights, const TensorMap* x_8,
                const TensorMap* x_32, const TensorMap* h_8, const TensorMap* h_32, bf16* h, bf16* y,
                const int* offsets, u32* done, int experts, int hidden, int expert_width) {
  constexpr int WIDEST = Up::WIDEST, R = Up::R, CONSUMER_WARPS = Up::WARPS;
  extern __shared__ u8 shared[];
  __shared__ __align__(8) u64 barriers[2 * Up::SLOTS];
  __shared__ TileList up, down;
  u32 data = (shared_address(shared) + 1023) & ~1023u;
  typename Up::SlotRing ring(data, shared_address(barriers));
  int up_steps = (hidden + K_STEP - 1) / K_STEP, down_steps = (expert_width + K_STEP - 1) / K_STEP;
  int warp = threadIdx.x / 32;
  if (threadIdx.x == 0) ring.init(CONSUMER_WARPS);
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
        u32 bytes = Rows<R>::BYTES + product_width(tile.count) * ROW_BYTES;
        u64 policy = tile.alone ? once : again;
        int steps = walk.down ? down_steps : up_steps;
        for (int step = 0; step < steps; step++) {
          ring.wait_empty();
          barrier_expect(ring.full_barrier(), bytes);
          if (walk.down) {
            copy_weights<false, R>(ring.address(), down_weights, step * K_STEP, tile.row_tile,
                                           tile.expert, ring.full_barrier(), policy);
          } else {
            copy_weights<true, R>(ring.address(), up_weights, step * K_STEP, tile.row_tile,
                                          tile.expert, ring.full_barrier(), policy);
          }
          ring.advance();
        }
      }
    }
  } else if (warp == CONSUMER_WARPS + 1) {  // token rows
    if (threadIdx.x % 32 == 0) {
      while (walk.next(up, down, WIDEST, tile)) {
        int n = product_width(tile.count), box = n < 32 ? 8 : 32;
        const TensorMap* rows = walk.down ? (n < 32 ? h_8 : h_32) : (n < 32 ? x_8 : x_32);
        if (walk.down) {
          int tiles = up.first_tile[tile.expert + 1] - up.first_tile[tile.expert];
          while (load_acquire(done + tile.expert) < tiles * CONSUMER_WARPS) {
          }
          asm volatile("fence.proxy.async;" ::: "memory");  // tensor copies read what stores wrote
        }
        int steps = walk.down ? down_steps : up_steps;
        for (int step = 0; step < steps; step++) {
          ring.wait_empty();
          u32 to = ring.address() + Rows<R>::BYTES;
          for (int r = 0; r < n; r += box) {
            copy_tensor_2d(to + r * ROW_BYTES, rows, step * K_STEP, tile.row + r,
                           ring.full_barrier());
          }
          ring.advance();
        }
      }
    }
  } else {
    while (walk.next(up, down, WIDEST, tile)) {
      with_width<WIDEST>(product_width(tile.count), [&](auto n) {
        constexpr int N = decltype(n)::value;
        if (walk.down) {
          multiply_and_store<N, Down>(ring, tile, y, hidden, down_steps, 0);
        } else {
          multiply_and_store<N, Up>(ring, tile, h, expert_width, up_steps, 0);
        }
      });
      if (!walk.down) {
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

#define EXPERTS(name, widest, slots)                                                               \
  extern "C" __global__ void __launch_bounds__(320, 1)                                             \
      name(const __grid_constant__ TensorMap up_weights,                                           \
           const __grid_constant__ TensorMap down_weights, const __grid_constant__ TensorMap x_8,  \
           const __grid_constant__ TensorMap x_32, const __grid_constant__ TensorMap h_8,          \
           const __grid_constant__ TensorMap h_32, bf16* h, bf16* y, const int* offsets, u32* done, \
           int experts, int hidden, int expert_width) {                                            \
    experts_both<Shape<128, widest, slots, true>, Shape<128, widest, slots, false>>(                         \
        &up_weights, &down_weights, &x_8, &x_32, &h_8, &h_32, h, y, offsets, done, experts, hidden, \
        expert_width);                                                                             \
  }

EXPERTS(experts_32, 32, 10)
EXPERTS(experts_64, 64, 8)

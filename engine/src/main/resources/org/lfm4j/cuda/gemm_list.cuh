// The two sides of a product over a list of tiles: producers fill the ring, consumers multiply and
// store. Used by the grouped products and the dense products of many tokens.
#pragma once
#include "gemm_store.cuh"
#include "tile_list.cuh"

// What a kernel is made of.
template <int R_, int WIDEST_, int SLOTS_, bool GATED_>
struct Shape {
  static constexpr int R = R_;            // weight rows of a tile
  static constexpr int WIDEST = WIDEST_;  // tokens of a tile at most
  static constexpr int SLOTS = SLOTS_;
  static constexpr bool GATED = GATED_;
  static constexpr int COLUMNS = GATED ? R / 2 : R;  // outputs of a tile
  static constexpr bool STAGED = WIDEST > 64;
  static constexpr int WARPS = Rows<R>::WARPS;  // that multiply
  static constexpr int SLOT = Rows<R>::BYTES + WIDEST * ROW_BYTES;
  using SlotRing = Ring<SLOTS, SLOT>;
};

DEVICE int product_width(int count) {
  return count <= 8 ? 8 : count <= 16 ? 16 : (count + 31) & ~31;
}

template <int N, typename S>
DEVICE void multiply_and_store(typename S::SlotRing& ring, const Tile& tile, bf16* out, int width,
                               int k_steps, u32 stages) {
  int group = threadIdx.x / 128;
  float d[N / 2];
  multiply<N, S::R>(d, ring, k_steps, group);
  int column = tile.row_tile * S::COLUMNS + group * (S::GATED ? 32 : 64);
  bf16* to = out + (size_t)tile.row * width;
  if (S::STAGED && N >= STAGE_TOKENS) {
    store_staged<N, S::GATED>(d, to, width, column, tile.count, stages + group * 2 * STAGE_BYTES,
                              group);
  } else {
    store_direct<N, S::GATED>(d, to, width, column, tile.count);
  }
}

// One thread: the weights and token rows of all tiles of this block.
template <typename S>
DEVICE void produce(typename S::SlotRing& ring, const TileList& list, const TensorMap* weights,
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
      u32 barrier = ring.full_barrier(), to = ring.address() + Rows<S::R>::BYTES;
      barrier_expect(barrier, Rows<S::R>::BYTES + n * ROW_BYTES);
      copy_weights<S::GATED, S::R>(ring.address(), weights, step * K_STEP, tile.row_tile,
                                        tile.expert, barrier, policy);
      for (int r = 0; r < n; r += box) {
        copy_tensor_2d(to + r * ROW_BYTES, rows, step * K_STEP, tile.row + r, barrier);
      }
      ring.advance();
    }
  }
}

// Calls `use` with the width of the product as a compile-time number.
template <int N>
struct Width {
  static constexpr int value = N;
};
template <int WIDEST, typename Use>
DEVICE void with_width(int n, Use use) {
#define WIDTH(columns) \
  case columns:        \
    if constexpr (columns <= WIDEST) use(Width<columns>()); \
    break;
  switch (n) {
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
#undef WIDTH
}

template <typename S>
DEVICE void consume(typename S::SlotRing& ring, const TileList& list, bf16* out, int width,
                    int k_steps, int widest, u32 stages) {
  Tile tile;
  int expert = 0;
  for (int i = blockIdx.x; find_tile(list, i, widest, expert, tile); i += gridDim.x) {
    with_width<S::WIDEST>(product_width(tile.count), [&](auto n) {
      multiply_and_store<decltype(n)::value, S>(ring, tile, out, width, k_steps, stages);
    });
  }
}

// The two sides of a product over a list of tiles: producers fill the ring, consumers multiply and
// store. Used by the grouped products, the dense products of many tokens and the fused experts.
#pragma once
#include "gemm_store.cuh"
#include "tile_list.cuh"

// What the kernels below are made of.
template <int WIDEST_, int ROWS_, int SLOTS_, int BLOCKS_, int PRODUCER_WARPS_, bool GATED_>
struct Shape {
  static constexpr int WIDEST = WIDEST_;  // tokens of a tile at most
  static constexpr int ROWS = ROWS_;      // weight rows of a tile; 64: a slot is 128 of K
  static constexpr int PARTS = TILE_ROWS / ROWS;  // steps of K in a slot
  static constexpr int COLUMNS = GATED_ ? ROWS / 2 : ROWS;
  static constexpr int SLOTS = SLOTS_;
  static constexpr int BLOCKS = BLOCKS_;  // neighbours that share token rows
  static constexpr int PRODUCER_WARPS = PRODUCER_WARPS_;
  static constexpr bool GATED = GATED_;
  static constexpr bool STAGED = WIDEST > 64;
  using SlotRing = Ring<SLOTS, slot_bytes<WIDEST * PARTS>()>;
};

DEVICE int product_width(int count) {
  return count <= 8 ? 8 : count <= 16 ? 16 : (count + 31) & ~31;
}

// Adds the sums of the second warpgroup to those of the first, which alone goes on to store them. It
// has said with bar 4 that it is done with what the second wrote last.
template <int N>
DEVICE void add_second_group(float (&d)[N / 2], float* sums, int group) {
  sums += threadIdx.x % 128;
  if (group == 1) {
    asm volatile("bar.sync 4, 256;" ::: "memory");
#pragma unroll
    for (int i = 0; i < N / 2; i++) sums[128 * i] = d[i];
    asm volatile("bar.arrive 5, 256;" ::: "memory");
  } else {
    asm volatile("bar.sync 5, 256;" ::: "memory");
#pragma unroll
    for (int i = 0; i < N / 2; i++) d[i] += sums[128 * i];
  }
}

template <int N, typename S>
DEVICE void multiply_and_store(typename S::SlotRing& ring, const Tile& tile, bf16* out, int width, int slots,
                               float* sums, u32 stages) {
  int group = threadIdx.x / 128;
  float d[N / 2];
  if (S::ROWS == 64 && group == 0) asm volatile("bar.arrive 4, 256;" ::: "memory");
  multiply<N, S::BLOCKS, S::ROWS == 64>(d, ring, slots, group);
  int column = tile.row_tile * S::COLUMNS;
  if (S::ROWS == 64) {
    add_second_group<N>(d, sums, group);
    if (group == 1) return;
  } else {
    column += group * S::COLUMNS / 2;
  }
  bf16* to = out + (size_t)tile.row * width;
  if (S::STAGED && N >= STAGE_TOKENS) {
    store_staged<N, S::GATED>(d, to, width, column, tile.count, stages + group * 2 * STAGE_BYTES, group);
  } else {
    store_direct<N, S::GATED>(d, to, width, column, tile.count);
  }
}

// One thread: weights and token rows, which lie in the order of the tiles, by tensor copies.
template <typename S>
DEVICE void produce(typename S::SlotRing& ring, const TileList& list, const TensorMap* weights,
                    const TensorMap* rows_8, const TensorMap* rows_32, int slots, int widest,
                    int rank) {
  u64 once = evict_first_policy(), again = evict_normal_policy();
  Tile tile;
  int expert = 0;
  for (int i = blockIdx.x / S::BLOCKS; find_tile(list, i, widest, expert, tile);
       i += gridDim.x / S::BLOCKS) {
    int n = product_width(tile.count);
    u64 policy = tile.alone ? once : again;
    const TensorMap* map = n < 32 ? rows_8 : rows_32;
    int box = n < 32 ? 8 : 32;
    for (int slot = 0; slot < slots; slot++) {
      ring.wait_empty();
      u32 barrier = ring.full_barrier();
      barrier_expect(barrier, WEIGHT_BYTES + S::PARTS * n * TOKEN_BYTES);
#pragma unroll
      for (int p = 0; p < S::PARTS; p++) {
        int k = (slot * S::PARTS + p) * K_STEP;
        copy_weights<S::GATED, S::ROWS>(ring.address() + p * (WEIGHT_BYTES / S::PARTS), weights, k,
                                        tile.row_tile * S::BLOCKS + rank, tile.expert, barrier,
                                        policy);
        u32 to = ring.address() + WEIGHT_BYTES + p * n * TOKEN_BYTES;
        for (int r = rank * box; r < n; r += S::BLOCKS * box) {
          if (S::BLOCKS == 1) {
            copy_tensor_2d(to + r * TOKEN_BYTES, map, k, tile.row + r, barrier);
          } else {
            copy_tensor_2d_multicast(to + r * TOKEN_BYTES, map, k, tile.row + r, barrier,
                                     (1 << S::BLOCKS) - 1);
          }
        }
      }
      ring.advance();
    }
  }
}

// All threads of the producer warps: weights by tensor copies, token rows from where `token` says, 16
// bytes a thread, into the places where the 128-byte swizzle has them. A slot is reported full LAG
// slots later, when its copies have surely landed: ordinary copies need a fence before wgmma reads.
template <typename S>
DEVICE void produce_gathered(typename S::SlotRing& ring, const TileList& list,
                             const TensorMap* weights, const bf16* rows, const int* token, int k_size,
                             int slots, int widest) {
  constexpr int THREADS = 32 * S::PRODUCER_WARPS, LAG = S::SLOTS > 4 ? 4 : 2;
  constexpr int MINE = S::WIDEST * 8 / THREADS;  // rows of a tile that this thread copies of
  int thread = threadIdx.x - 32 * CONSUMER_WARPS, piece = thread % 8;
  u64 once = evict_first_policy(), again = evict_normal_policy();
  typename S::SlotRing filled = ring;
  int behind = 0;
  auto report = [&] {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncwarp();
    if (thread % 32 == 0) barrier_arrive(filled.full_barrier());
    filled.advance();
  };
  Tile tile;
  int expert = 0;
  for (int i = blockIdx.x; find_tile(list, i, widest, expert, tile); i += gridDim.x) {
    int n = product_width(tile.count);
    u64 policy = tile.alone ? once : again;
    u32 source[MINE];  // in units of 16 bytes
#pragma unroll
    for (int m = 0; m < MINE; m++) {
      int r = m * (THREADS / 8) + thread / 8;
      source[m] = r < n ? token[tile.row + min(r, tile.count - 1)] * (u32)(k_size / 8) + piece : 0;
    }
    for (int slot = 0; slot < slots; slot++) {
      ring.wait_empty();
      if (thread == 0) {
        barrier_expect(ring.full_barrier(), WEIGHT_BYTES);
#pragma unroll
        for (int p = 0; p < S::PARTS; p++) {
          copy_weights<S::GATED, S::ROWS>(ring.address() + p * (WEIGHT_BYTES / S::PARTS), weights,
                                          (slot * S::PARTS + p) * K_STEP, tile.row_tile, tile.expert,
                                          ring.full_barrier(), policy);
        }
      }
#pragma unroll
      for (int p = 0; p < S::PARTS; p++) {
        int k = (slot * S::PARTS + p) * K_STEP;
        u32 to = ring.address() + WEIGHT_BYTES + p * n * TOKEN_BYTES;
#pragma unroll
        for (int m = 0; m < MINE; m++) {
          int r = m * (THREADS / 8) + thread / 8;
          if (r < n) {
            copy_async_16(to + r * TOKEN_BYTES + ((piece ^ r % 8) << 4),
                          rows + (size_t)(source[m] + k / 8) * 8, k + piece * 8 < k_size);
          }
        }
      }
      copy_async_commit();
      ring.advance();
      if (behind == LAG) {
        copy_async_wait<LAG>();
        report();
      } else {
        behind++;
      }
    }
  }
  copy_async_wait<0>();
  for (; behind > 0; behind--) report();
}

template <typename S>
DEVICE void consume(typename S::SlotRing& ring, const TileList& list, bf16* out, int width, int slots,
                    int widest, int rank, float* sums, u32 stages) {
#define WIDTH(n)                                                                              \
  case n:                                                                                     \
    if (n <= S::WIDEST) {                                                                     \
      multiply_and_store<(n <= S::WIDEST ? n : 8), S>(ring, tile, out, width, slots, sums, stages); \
    }                                                                                         \
    break;
  Tile tile;
  int expert = 0;
  for (int i = blockIdx.x / S::BLOCKS; find_tile(list, i, widest, expert, tile);
       i += gridDim.x / S::BLOCKS) {
    tile.row_tile = tile.row_tile * S::BLOCKS + rank;
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
}

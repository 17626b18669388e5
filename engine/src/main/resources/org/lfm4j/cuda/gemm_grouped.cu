// Products of rows in expert order with their expert's weights, and dense products of many tokens
// (one expert that has all rows):
//   gated: out[pair, M] = silu(A[pair] W1_e^T) * (A[pair] W3_e^T)      plain: out[pair, H] = A[pair] W2_e^T
//
// Persistent blocks walk a list of tiles that each finds by itself from the experts' first rows: for
// every expert, for every 128 rows of its weights, its tokens in chunks of at most WIDEST. The chunks
// of one weight tile are neighbours in the list, so they run at the same time and its weights leave
// DRAM once. The width of the product follows the chunk: 8, 16, 32, then steps of 32.
#include "gemm_store.cuh"

#define EXPERTS_MOST 64
#define BAND 16

// The tiles of all experts. `first_tile` and `first_row` have one entry more than there are experts.
struct TileList {
  int experts, row_tiles;
  int first_tile[EXPERTS_MOST + 1];
  int first_row[EXPERTS_MOST + 1];
};

struct Tile {
  int expert, row_tile, row, count;
};

DEVICE int chunk_count(int rows, int widest) { return (rows + widest - 1) / widest; }

// Called by one warp: an exclusive sum of the tile counts.
DEVICE void list_tiles(TileList& list, const int* offsets, int experts, int row_tiles, int widest) {
  int lane = threadIdx.x % 32;
  int total = 0;
  for (int base = 0; base < experts; base += 32) {
    int e = base + lane;
    int begin = e < experts ? offsets[e] : 0, end = e < experts ? offsets[e + 1] : 0;
    int tiles = chunk_count(end - begin, widest) * row_tiles;
    int sum = tiles;
#pragma unroll
    for (int step = 1; step < 32; step <<= 1) {
      int left = __shfl_up_sync(FULL_WARP, sum, step);
      if (lane >= step) sum += left;
    }
    if (e < experts) {
      list.first_row[e] = begin;
      list.first_tile[e] = total + sum - tiles;
      if (e == experts - 1) {
        list.first_row[experts] = end;
        list.first_tile[experts] = total + sum;
      }
    }
    total += __shfl_sync(FULL_WARP, sum, 31);
  }
  if (lane == 0) {
    list.experts = experts;
    list.row_tiles = row_tiles;
  }
}

// Tiles are asked for in ascending order: `expert` is where the last search ended.
DEVICE bool find_tile(const TileList& list, int index, int widest, int& expert, Tile& tile) {
  if (index >= list.first_tile[list.experts]) return false;
  while (index >= list.first_tile[expert + 1]) expert++;
  int begin = list.first_row[expert], rows = list.first_row[expert + 1] - begin;
  int chunks = chunk_count(rows, widest);
  int width = rows <= widest ? rows : (chunk_count(rows, chunks) + 31) & ~31;
  // Chunks are neighbours in bands: the tokens of a band stay in L2 while all weights pass.
  int inside = index - list.first_tile[expert], band_tiles = BAND * list.row_tiles;
  int band = inside / band_tiles, band_chunks = min(BAND, chunks - band * BAND);
  inside -= band * band_tiles;
  int start = (band * BAND + inside % band_chunks) * width;
  tile.expert = expert;
  tile.row_tile = inside / band_chunks;
  tile.row = begin + start;
  tile.count = min(width, rows - start);
  return true;
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

template <int N, int ROWS, int BLOCKS, bool GATED, bool STAGED, typename R>
DEVICE void multiply_and_store(R& ring, const Tile& tile, bf16* out, int width, int slots,
                               float* sums, u32 stages) {
  int group = threadIdx.x / 128;
  float d[N / 2];
  if (ROWS == 64 && group == 0) asm volatile("bar.arrive 4, 256;" ::: "memory");
  multiply<N, BLOCKS, ROWS == 64>(d, ring, slots, group);
  int column = tile.row_tile * (GATED ? ROWS / 2 : ROWS);
  if (ROWS == 64) {
    add_second_group<N>(d, sums, group);
    if (group == 1) return;
  } else {
    column += group * (GATED ? 32 : 64);
  }
  bf16* to = out + (size_t)tile.row * width;
  if (STAGED && N >= STAGE_TOKENS) {
    store_staged<N, GATED>(d, to, width, column, tile.count, stages + group * 2 * STAGE_BYTES, group);
  } else {
    store_direct<N, GATED>(d, to, width, column, tile.count);
  }
}

DEVICE int product_width(int count) {
  return count <= 8 ? 8 : count <= 16 ? 16 : (count + 31) & ~31;
}

template <int WIDEST, int ROWS, int SLOTS, int BLOCKS, bool STAGED, bool GATED, bool GROUPED,
          int PRODUCER_REGISTERS, int REGISTERS>
DEVICE void grouped(const TensorMap* weights, const TensorMap* rows_8, const TensorMap* rows_32,
                    bf16* out, const int* offsets, int experts, int width, int k_steps, int widest) {
  constexpr int PARTS = TILE_ROWS / ROWS;  // steps of K in a slot
  constexpr int SLOT = slot_bytes<WIDEST * PARTS>();
  constexpr int COLUMNS = GATED ? ROWS / 2 : ROWS;
  extern __shared__ u8 shared[];
  __shared__ __align__(8) u64 barriers[2 * SLOTS];
  __shared__ TileList list;
  u32 data = (shared_address(shared) + 1023) & ~1023u;
  Ring<SLOTS, SLOT> ring(data, shared_address(barriers));
  u32 stages = data + SLOTS * SLOT;
  float* sums = (float*)(shared + (stages - shared_address(shared)));
  int slots = (k_steps + PARTS - 1) / PARTS;
  if (threadIdx.x == 0) ring.init(BLOCKS);
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int rank = BLOCKS > 1 ? cluster_rank() : 0;
  int row_tiles = (width + COLUMNS * BLOCKS - 1) / (COLUMNS * BLOCKS);  // of a cluster
  if (threadIdx.x < 32) {
    if (GROUPED) {
      list_tiles(list, offsets, experts, row_tiles, widest);
    } else if (threadIdx.x == 0) {
      int rows = *offsets;
      list.experts = 1;
      list.row_tiles = row_tiles;
      list.first_row[0] = list.first_tile[0] = 0;
      list.first_row[1] = rows;
      list.first_tile[1] = chunk_count(rows, widest) * row_tiles;
    }
  }
  if (BLOCKS > 1) {  // the other blocks' barriers are ready
    cluster_arrive();
    cluster_wait();
  }
  __syncthreads();

  Tile tile;
  int expert = 0;
  if (threadIdx.x >= 32 * CONSUMER_WARPS) {
    if (PRODUCER_REGISTERS > 0) {
      asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(PRODUCER_REGISTERS > 0
                                                                  ? PRODUCER_REGISTERS
                                                                  : 24));
    }
    if (threadIdx.x == 32 * CONSUMER_WARPS) {
    u64 once = evict_first_policy(), again = evict_normal_policy();
    for (int i = blockIdx.x / BLOCKS; find_tile(list, i, widest, expert, tile);
         i += gridDim.x / BLOCKS) {
      int n = product_width(tile.count);
      u64 policy = GROUPED && list.first_row[expert + 1] - list.first_row[expert] <= widest ? once
                                                                                           : again;
      const TensorMap* map = n < 32 ? rows_8 : rows_32;
      int box = n < 32 ? 8 : 32;
      for (int slot = 0; slot < slots; slot++) {
        ring.wait_empty();
        u32 barrier = ring.full_barrier();
        barrier_expect(barrier, WEIGHT_BYTES + PARTS * n * TOKEN_BYTES);
#pragma unroll
        for (int p = 0; p < PARTS; p++) {
          int k = (slot * PARTS + p) * K_STEP;
          copy_weights<GATED, ROWS>(ring.address() + p * (WEIGHT_BYTES / PARTS), weights, k,
                                    tile.row_tile * BLOCKS + rank, tile.expert, barrier, policy);
          u32 to = ring.address() + WEIGHT_BYTES + p * n * TOKEN_BYTES;
          for (int r = rank * box; r < n; r += BLOCKS * box) {
            if (BLOCKS == 1) {
              copy_tensor_2d(to + r * TOKEN_BYTES, map, k, tile.row + r, barrier);
            } else {
              copy_tensor_2d_multicast(to + r * TOKEN_BYTES, map, k, tile.row + r, barrier,
                                       (1 << BLOCKS) - 1);
            }
          }
        }
        ring.advance();
      }
    }
    }
    if (BLOCKS > 1) {
      __syncwarp();
      cluster_arrive();
      cluster_wait();
    }
    return;
  }

  if (PRODUCER_REGISTERS > 0) {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(REGISTERS > 0 ? REGISTERS : 24));
  }
#define WIDTH(n)                                                                       \
  case n:                                                                              \
    if (n <= WIDEST) {                                                                 \
      multiply_and_store<(n <= WIDEST ? n : 8), ROWS, BLOCKS, GATED, STAGED>(ring, tile, out, width, slots, sums, stages); \
    }                                                                                  \
    break;
  for (int i = blockIdx.x / BLOCKS; find_tile(list, i, widest, expert, tile);
         i += gridDim.x / BLOCKS) {
    int n = product_width(tile.count);
    tile.row_tile = tile.row_tile * BLOCKS + rank;
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
  }
  if (BLOCKS > 1) {  // nobody leaves while others signal its barriers
    cluster_arrive();
    cluster_wait();
  }
}

#define GROUPED(name, widest_n, rows, slots, threads, blocks, cluster, staged, gated, by_expert, low, high) \
  extern "C" __global__ void __launch_bounds__(threads, blocks)                                   \
      name(const __grid_constant__ TensorMap weights, const __grid_constant__ TensorMap rows_8,   \
           const __grid_constant__ TensorMap rows_32, bf16* out, const int* offsets, int experts, \
           int width, int steps, int widest) {                                                    \
    grouped<widest_n, rows, slots, cluster, staged, gated, by_expert, low, high>(                       \
        &weights, &rows_8, &rows_32, out, offsets, experts, width, steps, widest);                \
  }

GROUPED(grouped_up_64, 64, 128, 4, 288, 2, 1, false, true, true, 0, 0)
GROUPED(grouped_down_64, 64, 128, 4, 288, 2, 1, false, false, true, 0, 0)
GROUPED(grouped_up_32, 32, 128, 10, 288, 1, 1, false, true, true, 0, 0)
GROUPED(grouped_down_32, 32, 128, 10, 288, 1, 1, false, false, true, 0, 0)
GROUPED(grouped_up_256, 256, 128, 4, 384, 1, 1, true, true, true, 40, 232)
GROUPED(grouped_down_256, 256, 128, 4, 384, 1, 1, true, false, true, 40, 232)
GROUPED(dense_many_gated, 256, 128, 4, 384, 1, 1, true, true, false, 40, 232)
GROUPED(dense_many_bf16, 256, 128, 4, 384, 1, 1, true, false, false, 40, 232)
GROUPED(grouped_up_pair, 256, 128, 4, 384, 1, 2, true, true, true, 40, 232)
GROUPED(grouped_down_pair, 256, 128, 4, 384, 1, 2, true, false, true, 40, 232)
GROUPED(dense_pair_gated, 256, 128, 4, 384, 1, 2, true, true, false, 40, 232)
GROUPED(dense_pair_bf16, 256, 128, 4, 384, 1, 2, true, false, false, 40, 232)
GROUPED(grouped_up_h32, 32, 64, 8, 288, 1, 1, false, true, true, 0, 0)
GROUPED(grouped_down_h32, 32, 64, 8, 288, 1, 1, false, false, true, 0, 0)

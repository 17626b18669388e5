// Causal grouped-query attention of prompt chunks over paged keys and values, head dim 64.
//
// Arguments as in attention_decode.cu; an item has up to PREFILL_TOKENS consecutive tokens of one
// sequence, whose keys are already in the pages. What was split is left to attention_combine.
//
// A block of 8 warps holds 128 rows (token-major: row = token * GROUP + head of the group), each
// warp 16 of them with its queries in registers. Tiles of K and V pass through a ring in shared
// memory. Three accumulators: of the tile, of the split (both in registers) and of all splits (in
// shared memory, touched every fourth tile). Products are mma.sync, or wgmma where the kernel is
// compiled for sm_90a; both gave the same bits on an H200.
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define WGMMA
#include "attention_wgmma.cuh"
#define UNIT_WARPS 4  // warps that compute together
#else
#include "attention.cuh"
#define UNIT_WARPS 1
#endif

#define PREFILL_WARPS 8
#define STAGES 2
#define PREFILL_ROWS (PREFILL_WARPS * 16)
#define PREFILL_TOKENS (PREFILL_ROWS / GROUP)
#define PREFILL_THREADS (PREFILL_WARPS * 32)
#define PREFILL_TILES (STAGES * 2 * TILE_BYTES)
#define PREFILL_SHARED (PREFILL_TILES + PREFILL_ROWS * HEAD_DIM * 4)

struct Prefill {
  const u8* keys;
  u64 pageBytes;
  int nkv, head, end;
  const int* pages;
  u32 ring;

  DEVICE u32 stage(int tile) const { return ring + tile % STAGES * (2 * TILE_BYTES); }
  // Asks for K and V of a tile; keys that don't exist become zeros (their memory may hold NaN).
  DEVICE void copy_tile(int tile, int endTile) const {
    if (tile < endTile) {
      const u8* from = keys + pageBytes * pages[tile] + (u64)head * TILE_BYTES;
      u32 to = stage(tile);
#pragma unroll
      for (int i = 0; i < 512 / PREFILL_THREADS; i++) {
        int token = i * (PREFILL_THREADS / 8) + threadIdx.x / 8, chunk = threadIdx.x % 8;
        bool exists = tile * TILE_KEYS + token < end;
        u32 at = token * 128 + chunk * 16, swizzled = tile_offset(token, chunk);
        copy_async_16(to + swizzled, from + at, exists);
        copy_async_16(to + TILE_BYTES + swizzled, from + (u64)nkv * TILE_BYTES + at, exists);
      }
    }
    copy_async_commit();
  }
};

// A lane's two rows of the warp's 16: where they come from, and their results.
struct Rows {
  int row[2], token[2];
  float maximum[2], sum[2], out[8][4];  // of the split
  float totalMaximum[2], totalSum[2];   // of the splits before

  DEVICE void clear() {
    maximum[0] = maximum[1] = MINUS_INFINITY;
    sum[0] = sum[1] = 0.0f;
#pragma unroll
    for (int n = 0; n < 8; n++) out[n][0] = out[n][1] = out[n][2] = out[n][3] = 0.0f;
  }

  DEVICE void load_query(const Item& item, const bf16* q, int head, int nh, int lane, u32 (&a)[4][4]) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      bool valid = token[half] < item.rows;
      const u32* from = (const u32*)(q + ((long long)(item.row + token[half]) * nh + head * GROUP +
                                          row[half] % GROUP) * HEAD_DIM) + lane % 4;
#pragma unroll
      for (int i = 0; i < 4; i++) {
        a[i][half] = valid ? from[i * 8] : 0;
        a[i][half + 2] = valid ? from[i * 8 + 4] : 0;
      }
    }
  }

  // A tile's maximum and sum; the factors are for its output.
  DEVICE void merge_statistics(const float (&m)[2], const float (&l)[2], float (&keep)[2],
                               float (&add)[2]) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      merge_factors(maximum[half], m[half], keep[half], add[half]);
      sum[half] = merge(sum[half], l[half], keep[half], add[half]);
    }
  }
  // N of a tile's 8 groups of dims, from `first` on.
  template <int N>
  DEVICE void merge_output(int first, const float (&o)[N][4], const float (&keep)[2],
                           const float (&add)[2]) {
#pragma unroll
    for (int n = 0; n < N; n++) {
#pragma unroll
      for (int c = 0; c < 4; c++) {
        float& to = out[first + n][c];
        to = merge(to, o[n][c], keep[c >> 1], add[c >> 1]);
      }
    }
  }

  // The first split is the total.
  DEVICE void begin_total() {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      totalMaximum[half] = maximum[half];
      totalSum[half] = sum[half];
    }
  }
  // Merges the total of the splits before (8 float4 a thread) with this split, into `out`.
  DEVICE void merge_split(const float4* total) {
    float keep[2], add[2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      merge_factors(totalMaximum[half], maximum[half], keep[half], add[half]);
      totalSum[half] = merge(totalSum[half], sum[half], keep[half], add[half]);
    }
#pragma unroll
    for (int n = 0; n < 8; n++) {
      float4 t = total[n * PREFILL_THREADS];
      out[n][0] = merge(t.x, out[n][0], keep[0], add[0]);
      out[n][1] = merge(t.y, out[n][1], keep[0], add[0]);
      out[n][2] = merge(t.z, out[n][2], keep[1], add[1]);
      out[n][3] = merge(t.w, out[n][3], keep[1], add[1]);
    }
  }
  DEVICE void store_total(float4* total) {
#pragma unroll
    for (int n = 0; n < 8; n++) {
      total[n * PREFILL_THREADS] = make_float4(out[n][0], out[n][1], out[n][2], out[n][3]);
    }
  }

  DEVICE void store_partial(const Item& item, const Partials& to, int split, int head, int nh, int lane) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      if (token[half] >= item.rows) continue;
      long long at = partial_row(item, split, token[half], head * GROUP + row[half] % GROUP, nh);
      float2* o = (float2*)(to.out + at * HEAD_DIM) + lane % 4;
#pragma unroll
      for (int n = 0; n < 8; n++) o[n * 4] = make_float2(out[n][2 * half], out[n][2 * half + 1]);
      if (lane % 4 == 0) to.stats[at] = make_float2(maximum[half], sum[half]);
    }
  }
  DEVICE void store(const Item& item, bf16* to, int head, int nh, int lane) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      if (token[half] >= item.rows) continue;
      float inverse = __frcp_rn(totalSum[half]);
      u32* o = (u32*)(to + ((long long)(item.row + token[half]) * nh + head * GROUP +
                            row[half] % GROUP) * HEAD_DIM) + lane % 4;
#pragma unroll
      for (int n = 0; n < 8; n++) {
        o[n * 4] = pack_bf16(__fmul_rn(out[n][2 * half], inverse),
                             __fmul_rn(out[n][2 * half + 1], inverse));
      }
    }
  }
};

// Scores to weights; `firstRow` is the first of the 16 rows that the warp holds in r.
DEVICE void soften_tile(const Item& item, int tile, int firstRow, int lane, const Rows& r,
                        float (&s)[8][4], float (&maximum)[2], float (&sum)[2]) {
  int visible = item.position + 1 - tile * TILE_KEYS;  // to the item's first token
  if (visible + firstRow / GROUP < TILE_KEYS) {
    mask_tile(s, lane, visible + r.token[0], visible + r.token[1]);
  }
  soften_row(s, 0, maximum[0], sum[0]);
  soften_row(s, 1, maximum[1], sum[1]);
}

extern "C" __global__ void __launch_bounds__(PREFILL_THREADS, 2)
    attention_prefill(const bf16* q, bf16* out, const u8* keys, u64 pageBytes, int nkv,
                      const int* itemCount, const Item* items, const int* pageTable,
                      float* partialOut, float2* partialStats) {
  extern __shared__ __align__(1024) u8 shared[];
  let_later_kernels_start();
  wait_for_earlier_kernels();
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, nh = nkv * GROUP;
  float4* total = (float4*)(shared + PREFILL_TILES) + threadIdx.x;
  Partials partials{partialOut, partialStats, 0};
  int works = *itemCount * nkv;

  for (int work = blockIdx.x; work < works; work += gridDim.x) {
    Item item = load_item(items, work / nkv);
    int head = work % nkv, end = item.position + item.rows;
    Prefill prefill{keys, pageBytes, nkv, head, end, pageTable + item.pages, shared_address(shared)};
    int tile = item.firstSplit * SPLIT_TILES;
    int endTile = min(item.endSplit * SPLIT_TILES, (end + TILE_KEYS - 1) / TILE_KEYS);
    __syncthreads();  // the ring may still be read for the item before
#pragma unroll
    for (int i = 0; i < STAGES - 1; i++) prefill.copy_tile(tile + i, endTile);

    Rows rows;
    u32 a[4][4], p[4][4];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      rows.row[half] = warp * 16 + half * 8 + lane / 4;
      rows.token[half] = rows.row[half] / GROUP;
    }
    rows.load_query(item, q, head, nh, lane, a);
    rows.clear();
    // Tiles that no row of the unit sees are skipped by the unit.
    int unitRow = warp / UNIT_WARPS * UNIT_WARPS * 16;
    int unitEnd = min(item.position + (unitRow + UNIT_WARPS * 16 - 1) / GROUP + 1, end);
    if (item.position + unitRow / GROUP >= end) unitEnd = 0;
    float m[2], l[2];
    bool merged = false;
    for (; tile < endTile; tile++) {
      copy_async_wait<STAGES - 2>();
#ifdef WGMMA
      asm volatile("fence.proxy.async.shared::cta;" ::: "memory");  // wgmma reads what cp.async wrote
#endif
      __syncthreads();
      prefill.copy_tile(tile + STAGES - 1, endTile);
      if (tile * TILE_KEYS < unitEnd) {
        u32 k = prefill.stage(tile), v = k + TILE_BYTES;
        float s[8][4], keep[2], add[2];
#ifdef WGMMA
        start_scores(a, k, s);
        finish_products(s);
#else
        score_tile(a, k, lane, s);
#endif
        soften_tile(item, tile, warp * 16, lane, rows, s, m, l);
        rows.merge_statistics(m, l, keep, add);
        pack_weights<true>(s, p);
#ifdef WGMMA
        start_weighing(p, v, s);
        finish_products(s);
        rows.merge_output<8>(0, s, keep, add);
#else
#pragma unroll
        for (int half = 0; half < 2; half++) {
          float o[4][4];
          weigh_half_tile(p, v, half, lane, o);
          rows.merge_output<4>(half * 4, o, keep, add);
        }
#endif
      }
      bool last = tile + 1 == endTile;
      if (!last && tile % SPLIT_TILES != SPLIT_TILES - 1) continue;

      // The split is complete.
      if (item.slot >= 0) {
        rows.store_partial(item, partials, tile / SPLIT_TILES, head, nh, lane);
      } else if (merged) {
        rows.merge_split(total);
      } else {
        rows.begin_total();
      }
      merged = true;
      if (last) break;
      if (item.slot < 0) rows.store_total(total);
      rows.clear();
    }
    if (item.slot < 0) rows.store(item, out, head, nh, lane);
  }
}

// Causal grouped-query attention of prompt chunks over paged keys and values, head dim 64.
//
// Arguments as in attention_decode.cu; an item has up to PREFILL_TOKENS consecutive tokens of one
// sequence, whose keys are already in the pages.
//
// A block of 8 warps holds 128 rows (token-major: row = token * GROUP + head of the group), each
// warp 16 of them with its queries in registers. Tiles of K and V pass through a ring in shared
// memory, two ahead. Three accumulators: of the tile, of the split (both in registers) and of all
// splits (in shared memory, touched every fourth tile).
#ifdef HOPPER
#include "attention_wgmma.cuh"
#define UNIT_WARPS 4  // warps that compute together
#else
#include "attention.cuh"
#define UNIT_WARPS 1
#endif

#ifndef PREFILL_WARPS
#define PREFILL_WARPS 8
#define PREFILL_BLOCKS 2
#define ROW_BLOCKS 1  // blocks of 16 rows a warp
#endif
#ifndef STAGES
#define STAGES 3
#endif
#define PREFILL_ROWS (PREFILL_WARPS * ROW_BLOCKS * 16)
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
      for (int i = 0; i < (1024 + PREFILL_THREADS - 1) / PREFILL_THREADS; i++) {
        int piece = i * PREFILL_THREADS + threadIdx.x;  // of 16 bytes: 512 of K, 512 of V
        if (1024 % PREFILL_THREADS != 0 && piece >= 1024) break;
        int values = piece / 512, token = piece % 512 / 8, chunk = piece % 8;
        copy_async_16(to + values * TILE_BYTES + tile_offset(token, chunk),
                      from + (u64)(values * nkv) * TILE_BYTES + piece % 512 * 16,
                      tile * TILE_KEYS + token < end);
      }
    }
    copy_async_commit();
  }
};

// A lane's two rows of one block of 16: where they come from, and their results.
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

  // Adds a tile's output, dims 8 * first and on.
  template <int N>
  DEVICE void merge_tile(int first, const float (&o)[N][4], const float (&keep)[2],
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

extern "C" __global__ void __launch_bounds__(PREFILL_THREADS, PREFILL_BLOCKS)
    attention_prefill(const bf16* q, bf16* out, const u8* keys, u64 pageBytes, int nkv,
                      const int* itemCount, const Item* items, const int* pageTable,
                      float* partialOut, float2* partialStats) {
  extern __shared__ __align__(1024) u8 shared[];
  wait_for_earlier_kernels();
  let_later_kernels_start();
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

    Rows rows[ROW_BLOCKS];
    u32 a[ROW_BLOCKS][4][4];
    // A unit's rows: ROW_BLOCKS times 16 of each of its warps.
    int unitRow = warp / UNIT_WARPS * (UNIT_WARPS * ROW_BLOCKS * 16);
    int warpRow = unitRow + warp % UNIT_WARPS * 16;
#pragma unroll
    for (int b = 0; b < ROW_BLOCKS; b++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        rows[b].row[half] = warpRow + b * (UNIT_WARPS * 16) + half * 8 + lane / 4;
        rows[b].token[half] = rows[b].row[half] / GROUP;
      }
      rows[b].load_query(item, q, head, nh, lane, a[b]);
      rows[b].clear();
    }
    int unitFirst = item.position + unitRow / GROUP;  // position of the unit's first row
    int unitEnd = min(item.position + (unitRow + UNIT_WARPS * ROW_BLOCKS * 16 - 1) / GROUP + 1, end);
    bool merged = false;
#ifdef PIPE
    // While the tensor cores weigh the values of a tile, the warps soften the scores of the next.
    u32 p[ROW_BLOCKS][4][4];
    float m[ROW_BLOCKS][2], l[ROW_BLOCKS][2];
    copy_async_wait<STAGES - 2>();
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncthreads();
    bool active = tile * TILE_KEYS < unitEnd && unitFirst < end;
    if (active) {
      float s[ROW_BLOCKS][8][4];
      start_scores(a, prefill.stage(tile), s);
      finish_products<0>(s);
#pragma unroll
      for (int b = 0; b < ROW_BLOCKS; b++) {
        soften_tile(item, tile, warpRow + b * (UNIT_WARPS * 16), lane, rows[b], s[b], m[b], l[b]);
        pack_weights<true>(s[b], p[b]);
      }
    }
    for (; tile < endTile; tile++) {
      copy_async_wait<STAGES - 3>();
      asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
      __syncthreads();
      prefill.copy_tile(tile + STAGES - 1, endTile);
      bool following = active && tile + 1 < endTile && (tile + 1) * TILE_KEYS < unitEnd;
      if (active) {
        float s[ROW_BLOCKS][8][4], o[ROW_BLOCKS][8][4], nextM[ROW_BLOCKS][2], nextL[ROW_BLOCKS][2];
        if (following) {
          start_scores(a, prefill.stage(tile + 1), s);
          start_weighing(p, prefill.stage(tile) + TILE_BYTES, o);
          finish_products<1>(s);
#pragma unroll
          for (int b = 0; b < ROW_BLOCKS; b++) {
            soften_tile(item, tile + 1, warpRow + b * (UNIT_WARPS * 16), lane, rows[b], s[b], nextM[b],
                        nextL[b]);
          }
          finish_products<0>(o);
#pragma unroll
          for (int b = 0; b < ROW_BLOCKS; b++) pack_weights<true>(s[b], p[b]);
        } else {
          start_weighing(p, prefill.stage(tile) + TILE_BYTES, o);
          finish_products<0>(o);
        }
#pragma unroll
        for (int b = 0; b < ROW_BLOCKS; b++) {
          float keep[2], add[2];
#pragma unroll
          for (int half = 0; half < 2; half++) {
            merge_factors(rows[b].maximum[half], m[b][half], keep[half], add[half]);
            rows[b].sum[half] = merge(rows[b].sum[half], l[b][half], keep[half], add[half]);
            m[b][half] = nextM[b][half];
            l[b][half] = nextL[b][half];
          }
          rows[b].merge_tile<8>(0, o[b], keep, add);
        }
      }
      active = following;
#else
    for (; tile < endTile; tile++) {
      copy_async_wait<STAGES - 2>();
#ifdef HOPPER
      asm volatile("fence.proxy.async.shared::cta;" ::: "memory");  // wgmma reads what cp.async wrote
#endif
      __syncthreads();
      prefill.copy_tile(tile + STAGES - 1, endTile);
      int firstKey = tile * TILE_KEYS;
      if (firstKey < unitEnd && unitFirst < end) {
        float s[ROW_BLOCKS][8][4], keep[ROW_BLOCKS][2], add[ROW_BLOCKS][2];
        u32 p[ROW_BLOCKS][4][4];
#ifdef HOPPER
        start_scores(a, prefill.stage(tile), s);
        finish_products<0>(s);
#else
        score_tile(a, prefill.stage(tile), lane, s);
#endif
#pragma unroll
        for (int b = 0; b < ROW_BLOCKS; b++) {
          Rows& r = rows[b];
          float m[2], l[2];
          soften_tile(item, tile, warpRow + b * (UNIT_WARPS * 16), lane, r, s[b], m, l);
#pragma unroll
          for (int half = 0; half < 2; half++) {
            merge_factors(r.maximum[half], m[half], keep[b][half], add[b][half]);
            r.sum[half] = merge(r.sum[half], l[half], keep[b][half], add[b][half]);
          }
          pack_weights<true>(s[b], p[b]);
        }
#ifdef HOPPER
        start_weighing(p, prefill.stage(tile) + TILE_BYTES, s);
        finish_products<0>(s);
#pragma unroll
        for (int b = 0; b < ROW_BLOCKS; b++) {
          rows[b].merge_tile<8>(0, s[b], keep[b], add[b]);
        }
#else
#pragma unroll
        for (int side = 0; side < 2; side++) {
          float o[ROW_BLOCKS][4][4];
          weigh_half_tile(p, prefill.stage(tile) + TILE_BYTES, side, lane, o);
#pragma unroll
          for (int b = 0; b < ROW_BLOCKS; b++) rows[b].merge_tile<4>(side * 4, o[b], keep[b], add[b]);
        }
#endif
      }
#endif
      bool last = tile + 1 == endTile;
      if (!last && tile % SPLIT_TILES != SPLIT_TILES - 1) continue;

      // The split is complete.
#pragma unroll
      for (int b = 0; b < ROW_BLOCKS; b++) {
        Rows& r = rows[b];
        float4* mine = total + b * 8 * PREFILL_THREADS;
        if (item.slot >= 0) {
          r.store_partial(item, partials, tile / SPLIT_TILES, head, nh, lane);
        } else if (merged) {
          r.merge_split(mine);
        } else {
#pragma unroll
          for (int half = 0; half < 2; half++) {
            r.totalMaximum[half] = r.maximum[half];
            r.totalSum[half] = r.sum[half];
          }
        }
        if (last) continue;
        if (item.slot < 0) r.store_total(mine);
        r.clear();
      }
      merged = true;
    }

    if (item.slot < 0) {
#pragma unroll
      for (int b = 0; b < ROW_BLOCKS; b++) rows[b].store(item, out, head, nh, lane);
    }
  }
}

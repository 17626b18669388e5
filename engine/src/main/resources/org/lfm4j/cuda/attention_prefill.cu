// Causal grouped-query attention of prompt chunks over paged keys and values, head dim 64.
//
// Arguments as in attention_decode.cu; an item has up to PREFILL_TOKENS consecutive tokens of one
// sequence, whose keys are already in the pages.
//
// A block of 8 warps holds 128 rows (token-major: row = token * GROUP + head of the group), each
// warp 16 of them with its queries in registers. Tiles of K and V pass through a ring in shared
// memory, two ahead. Three accumulators: of the tile, of the split (both in registers) and of all
// splits (in shared memory, touched every fourth tile).
#include "attention.cuh"

#ifndef PREFILL_WARPS
#define PREFILL_WARPS 8
#define PREFILL_BLOCKS 2
#endif
#ifndef STAGES
#define STAGES 3
#endif
#define PREFILL_ROWS (PREFILL_WARPS * 16)
#define PREFILL_TOKENS (PREFILL_ROWS / GROUP)
#define PREFILL_THREADS (PREFILL_WARPS * 32)
#define PREFILL_TILES (STAGES * 2 * TILE_BYTES)
#define PREFILL_SHARED (PREFILL_TILES + PREFILL_ROWS * HEAD_DIM * 4 + 16)

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
      for (int i = 0; i < 16 / PREFILL_WARPS; i++) {
        int token = i * (4 * PREFILL_WARPS) + threadIdx.x / 8, chunk = threadIdx.x % 8;
        bool exists = tile * TILE_KEYS + token < end;
        u32 at = token * 128 + chunk * 16, swizzled = tile_offset(token, chunk);
        copy_async_16(to + swizzled, from + at, exists);
        copy_async_16(to + TILE_BYTES + swizzled, from + (u64)nkv * TILE_BYTES + at, exists);
      }
    }
    copy_async_commit();
  }
};

// Running result of a lane's two rows.
struct Rows {
  float maximum[2], sum[2], out[8][4];
  DEVICE void clear() {
    maximum[0] = maximum[1] = MINUS_INFINITY;
    sum[0] = sum[1] = 0.0f;
#pragma unroll
    for (int n = 0; n < 8; n++) out[n][0] = out[n][1] = out[n][2] = out[n][3] = 0.0f;
  }
};

DEVICE void merge_tile(Rows& split, const float (&o)[8][4], const float (&m)[2], const float (&l)[2]) {
  float keep[2], add[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    merge_factors(split.maximum[half], m[half], keep[half], add[half]);
    split.sum[half] = merge(split.sum[half], l[half], keep[half], add[half]);
  }
#pragma unroll
  for (int n = 0; n < 8; n++) {
#pragma unroll
    for (int c = 0; c < 4; c++) {
      split.out[n][c] = merge(split.out[n][c], o[n][c], keep[c >> 1], add[c >> 1]);
    }
  }
}

// Total of the splits so far: 8 float4 a thread, thread-minor so that banks don't clash.
DEVICE void merge_split(float4* total, Rows& split, float (&maximum)[2], float (&sum)[2]) {
  float keep[2], add[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    merge_factors(maximum[half], split.maximum[half], keep[half], add[half]);
    sum[half] = merge(sum[half], split.sum[half], keep[half], add[half]);
  }
#pragma unroll
  for (int n = 0; n < 8; n++) {
    float4 t = total[n * PREFILL_THREADS];
    split.out[n][0] = merge(t.x, split.out[n][0], keep[0], add[0]);
    split.out[n][1] = merge(t.y, split.out[n][1], keep[0], add[0]);
    split.out[n][2] = merge(t.z, split.out[n][2], keep[1], add[1]);
    split.out[n][3] = merge(t.w, split.out[n][3], keep[1], add[1]);
  }
}

extern "C" __global__ void __launch_bounds__(PREFILL_THREADS, PREFILL_BLOCKS)
    attention_prefill(const bf16* q, bf16* out, const u8* keys, u64 pageBytes, int nkv,
                      const int* itemCount, const Item* items, const int* pageTable,
                      float* partialOut, float2* partialStats, u32* arrivals) {
  extern __shared__ __align__(1024) u8 shared[];
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32, nh = nkv * GROUP;
  float4* total = (float4*)(shared + PREFILL_TILES) + threadIdx.x;
  u32* flag = (u32*)(shared + PREFILL_SHARED - 16);
  Partials partials{partialOut, partialStats, arrivals};
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

    // The lane's rows of M and their tokens; rows beyond the item see what its first row sees.
    int row[2], token[2], position[2];
    u32 a[4][4];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      row[half] = warp * 16 + half * 8 + lane / 4;
      token[half] = row[half] / GROUP;
      bool valid = token[half] < item.rows;
      position[half] = item.position + (valid ? token[half] : 0);
      const u32* from = (const u32*)(q + ((long long)(item.row + token[half]) * nh + head * GROUP +
                                          row[half] % GROUP) * HEAD_DIM) + lane % 4;
#pragma unroll
      for (int i = 0; i < 4; i++) {
        a[i][half] = valid ? from[i * 8] : 0;
        a[i][half + 2] = valid ? from[i * 8 + 4] : 0;
      }
    }
    int warpFirst = item.position + warp * 16 / GROUP;                // its first row's position
    int warpEnd = min(item.position + (warp * 16 + 15) / GROUP, end - 1) + 1;  // keys it may see

    Rows split;
    split.clear();
    float maximum[2] = {MINUS_INFINITY, MINUS_INFINITY}, sum[2] = {0.0f, 0.0f};
    bool merged = false;
    for (; tile < endTile; tile++) {
      copy_async_wait<STAGES - 2>();
      __syncthreads();
      prefill.copy_tile(tile + STAGES - 1, endTile);
      int firstKey = tile * TILE_KEYS;
      if (firstKey < warpEnd && warpFirst < end) {
        float s[8][4], m[2], l[2];
        u32 p[4][4];
        score_tile(a, prefill.stage(tile), lane, s);
        if (firstKey + TILE_KEYS > warpFirst + 1) {
          mask_tile(s, lane, position[0] + 1 - firstKey, position[1] + 1 - firstKey);
        }
        soften_row(s, 0, m[0], l[0]);
        soften_row(s, 1, m[1], l[1]);
        pack_weights<true>(s, p);
        weigh_tile(p, prefill.stage(tile) + TILE_BYTES, lane, s);
        merge_tile(split, s, m, l);
      }
      bool last = tile + 1 == endTile;
      if (!last && tile % SPLIT_TILES != SPLIT_TILES - 1) continue;

      if (item.slot >= 0) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          if (token[half] >= item.rows) continue;
          long long to = partial_row(item, tile / SPLIT_TILES, token[half],
                                     head * GROUP + row[half] % GROUP, nh);
          float2* o = (float2*)(partials.out + to * HEAD_DIM) + lane % 4;
#pragma unroll
          for (int n = 0; n < 8; n++) {
            o[n * 4] = make_float2(split.out[n][2 * half], split.out[n][2 * half + 1]);
          }
          if (lane % 4 == 0) partials.stats[to] = make_float2(split.maximum[half], split.sum[half]);
        }
        split.clear();
        continue;
      }
      if (merged) {
        merge_split(total, split, maximum, sum);
      } else {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          maximum[half] = split.maximum[half];
          sum[half] = split.sum[half];
        }
      }
      if (last) break;
      merged = true;
#pragma unroll
      for (int n = 0; n < 8; n++) {
        total[n * PREFILL_THREADS] =
            make_float4(split.out[n][0], split.out[n][1], split.out[n][2], split.out[n][3]);
      }
      split.clear();
    }

    if (item.slot < 0) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        if (token[half] >= item.rows) continue;
        float inverse = __frcp_rn(sum[half]);
        u32* to = (u32*)(out + ((long long)(item.row + token[half]) * nh + head * GROUP +
                                row[half] % GROUP) * HEAD_DIM) + lane % 4;
#pragma unroll
        for (int n = 0; n < 8; n++) {
          to[n * 4] = pack_bf16(__fmul_rn(split.out[n][2 * half], inverse),
                                __fmul_rn(split.out[n][2 * half + 1], inverse));
        }
      }
    } else if (arrived_last(partials.arrivals + (long long)item.slot * nkv + head, item.parts, flag)) {
      for (int r = warp; r < item.rows * GROUP; r += PREFILL_WARPS) {
        int at = head * GROUP + r % GROUP;
        merge_splits(item, partials, r / GROUP, at, nh, (end - 1) / SPLIT_KEYS + 1, lane,
                     out + ((long long)(item.row + r / GROUP) * nh + at) * HEAD_DIM);
      }
    }
  }
}

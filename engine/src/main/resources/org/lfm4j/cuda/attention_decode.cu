// Causal grouped-query attention of single tokens over paged keys and values, head dim 64.
//
//   q          [T][nh * 64] BF16, normed and rotated
//   out        [T][nh * 64] BF16
//   keys       this layer's K in page 0; page p is pageBytes * p further. In a page the layer has
//              K [nkv][64 tokens][64], then V of the same shape
//   items      [*itemCount], each with rows = 1 (attention.cuh says how they are made)
//   pageTable  pages of all sequences
//   partial*, arrivals  scratch for sequences that are spread over several items
//
// Bound by reading K and V. A block of 4 warps goes through its items' splits; each warp owns one
// of the 4 tiles of a split and asks for its next K (V) tile as soon as it has used the last one,
// so that 16 KB a warp are in flight nearly always. The block then merges the 4 tiles. The block
// that ends an item last merges all its splits.
//
// Items, lengths and pageTable, and keys and values of earlier tokens, are read before this kernel
// waits for the one before it: they must come from two kernels back or more.
#include "attention.cuh"

#define WARPS SPLIT_TILES
#define DECODE_TILES (2 * WARPS * TILE_BYTES)
// then: float out[2][WARPS][GROUP][64], float2 stats[2][WARPS][GROUP], u32 flag
#define DECODE_SHARED (DECODE_TILES + 2 * WARPS * GROUP * (HEAD_DIM * 4 + 8) + 16)

// A split of an item for one key head; work = item index * nkv + head.
struct Step {
  Item item;
  int work, split, page;
};

struct Decode {
  const bf16* q;
  const u8* keys;
  u64 pageBytes;
  int nkv, total, warp, lane;
  const Item* items;
  const int* pageTable;

  DEVICE int head(const Step& step) const { return step.work % nkv; }
  DEVICE int tile(const Step& step) const { return step.split * SPLIT_TILES + warp; }
  // Keys of this warp's tile; zero or less if it has none.
  DEVICE int visible(const Step& step) const {
    return min(TILE_KEYS, step.item.position + 1 - tile(step) * TILE_KEYS);
  }
  DEVICE bool is_old(const Step& step) const {
    return (tile(step) + 1) * TILE_KEYS <= step.item.position;
  }

  DEVICE void start(Step& step, int work) const {
    step.work = work;
    if (work >= total) return;
    step.item = load_item(items, work / nkv);
    step.split = step.item.firstSplit;
  }
  DEVICE void advance(Step& step) const {
    if (step.work >= total) return;
    if (++step.split >= step.item.endSplit) start(step, step.work + gridDim.x);
  }
  DEVICE void find_page(Step& step) const {
    step.page = 0;
    if (step.work < total && visible(step) > 0) step.page = pageTable[step.item.pages + tile(step)];
  }

  // Asks for a tile of 64 x 64; keys that don't exist become zeros (their memory may hold NaN).
  DEVICE void copy_tile(const Step& step, u32 shared, bool values) const {
    int count = step.work < total ? visible(step) : 0;
    if (count > 0) {
      const u8* from = keys + pageBytes * step.page + (u64)(values * nkv + head(step)) * TILE_BYTES;
#pragma unroll
      for (int i = 0; i < 16; i++) {
        int token = i * 4 + (lane >> 3), chunk = lane & 7;
        copy_async_16(shared + tile_offset(token, chunk), from + i * 512 + lane * 16, token < count);
      }
    }
    copy_async_commit();
  }

  // Brings a tile to L2, where later writes to it show.
  DEVICE void prefetch_tile(const Step& step) const {
    const u8* from = keys + pageBytes * step.page + (u64)head(step) * TILE_BYTES + lane * 128;
#pragma unroll
    for (int i = 0; i < 2; i++) {
      asm volatile("prefetch.global.L2 [%0];" ::"l"(from + i * 4096));
      asm volatile("prefetch.global.L2 [%0];" ::"l"(from + i * 4096 + (u64)nkv * TILE_BYTES));
    }
  }

  // A fragments of the step's query heads: rows 0 .. GROUP-1 of 16.
  DEVICE void load_query(const Step& step, u32 (&a)[4][2]) const {
    int g = lane >> 2;
#pragma unroll
    for (int i = 0; i < 4; i++) a[i][0] = a[i][1] = 0;
    if (step.work >= total || g >= GROUP) return;
    const u32* row = (const u32*)(q + ((long long)step.item.row * nkv + head(step)) * GROUP * HEAD_DIM) +
                     g * (HEAD_DIM / 2);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      a[i][0] = row[i * 8 + (lane & 3)];
      a[i][1] = row[i * 8 + 4 + (lane & 3)];
    }
  }
};

extern "C" __global__ void __launch_bounds__(WARPS * 32, 3)
    attention_decode(const bf16* q, bf16* out, const u8* keys, u64 pageBytes, int nkv,
                     const int* itemCount, const Item* items, const int* pageTable,
                     float* partialOut, float2* partialStats, u32* arrivals) {
  extern __shared__ __align__(1024) u8 shared[];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  Decode decode{q, keys, pageBytes, nkv, *itemCount * nkv, warp, lane, items, pageTable};
  Partials partials{partialOut, partialStats, arrivals};
  u32 k = shared_address(shared) + warp * 2 * TILE_BYTES, v = k + TILE_BYTES;
  float* tileOut = (float*)(shared + DECODE_TILES);
  float2* tileStats = (float2*)(tileOut + 2 * WARPS * GROUP * HEAD_DIM);
  u32* flag = (u32*)(tileStats + 2 * WARPS * GROUP);
  int nh = nkv * GROUP;

  Step step, next;
  decode.start(step, blockIdx.x);
  // Only the tile with the token's own key changed in this step; others can be asked for before the
  // earlier kernels end.
  bool works = step.work < decode.total, old = works && decode.is_old(step);
  if (works) decode.find_page(step);
  let_later_kernels_start();
  if (old) {
    decode.copy_tile(step, k, false);
    decode.copy_tile(step, v, true);
  } else if (works && decode.visible(step) > 0) {
    decode.prefetch_tile(step);
  }
  wait_for_earlier_kernels();
  if (!works) return;
  if (!old) {
    decode.copy_tile(step, k, false);
    decode.copy_tile(step, v, true);
  }
  u32 query[4][2], nextQuery[4][2];
  decode.load_query(step, query);
  next = step;
  decode.advance(next);
  decode.find_page(next);

  // Thread i merges dims 2 * lane and 2 * lane + 1 of query head i / 32.
  float maximum = MINUS_INFINITY, sum = 0.0f, o0 = 0.0f, o1 = 0.0f;
  for (int parity = 0; step.work < decode.total; parity ^= 1) {
    Step after = next;
    decode.advance(after);  // used late, so that nobody waits for the loads
    int visible = decode.visible(step);
    float s[8][4], tileMaximum, tileSum;
    u32 a[4][4], p[4][4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      a[i][0] = query[i][0];
      a[i][2] = query[i][1];
      a[i][1] = a[i][3] = 0;
    }
    copy_async_wait<1>();
    __syncwarp();
    if (visible > 0) score_tile(a, k, lane, s);
    __syncwarp();
    decode.copy_tile(next, k, false);
    decode.load_query(next, nextQuery);
    if (visible > 0) {
      if (visible < TILE_KEYS) mask_tile(s, lane, visible, visible);
      soften_row(s, 0, tileMaximum, tileSum);
      pack_weights<false>(s, p);
    }
    decode.find_page(after);
    copy_async_wait<1>();
    __syncwarp();
    if (visible > 0) {
      int g = lane >> 2, at = (parity * WARPS + warp) * GROUP + g;
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float o[4][4];
        weigh_half_tile(p, v, half, lane, o);
        float2* to = (float2*)(tileOut + at * HEAD_DIM) + half * 16 + (lane & 3);
#pragma unroll
        for (int n = 0; n < 4; n++) {
          if (g < GROUP) to[n * 4] = make_float2(o[n][0], o[n][1]);
        }
      }
      if (g < GROUP && (lane & 3) == 0) tileStats[at] = make_float2(tileMaximum, tileSum);
    }
    __syncwarp();
    decode.copy_tile(next, v, true);
    __syncthreads();

    int group = decode.head(step) * GROUP + warp;
    if (warp < GROUP) {
      float m = MINUS_INFINITY, l = 0.0f, r0 = 0.0f, r1 = 0.0f, keep, add;
#pragma unroll
      for (int t = 0; t < SPLIT_TILES; t++) {
        if ((step.split * SPLIT_TILES + t) * TILE_KEYS > step.item.position) break;
        int at = (parity * WARPS + t) * GROUP + warp;
        float2 stats = tileStats[at];
        float2 o = ((float2*)(tileOut + at * HEAD_DIM))[lane];
        merge_factors(m, stats.x, keep, add);
        l = merge(l, stats.y, keep, add);
        r0 = merge(r0, o.x, keep, add);
        r1 = merge(r1, o.y, keep, add);
      }
      if (step.item.slot < 0) {
        merge_factors(maximum, m, keep, add);
        sum = merge(sum, l, keep, add);
        o0 = merge(o0, r0, keep, add);
        o1 = merge(o1, r1, keep, add);
      } else {
        long long row = partial_row(step.item, step.split, 0, group, nh);
        ((float2*)(partials.out + row * HEAD_DIM))[lane] = make_float2(r0, r1);
        if (lane == 0) partials.stats[row] = make_float2(m, l);
      }
    }
    if (step.split + 1 == step.item.endSplit) {
      bf16* to = out + ((long long)step.item.row * nh + group) * HEAD_DIM;
      if (step.item.slot < 0) {
        float inverse = __frcp_rn(sum);
        if (warp < GROUP) {
          ((u32*)to)[lane] = pack_bf16(__fmul_rn(o0, inverse), __fmul_rn(o1, inverse));
        }
        maximum = MINUS_INFINITY;
        sum = o0 = o1 = 0.0f;
      } else if (arrived_last(partials.arrivals + (long long)step.item.slot * nkv + decode.head(step),
                              step.item.parts, flag)) {
        if (warp < GROUP) {
          int splits = step.item.position / SPLIT_KEYS + 1;
          merge_splits<16>(step.item, partials, 0, group, nh, splits, lane, to);
        }
      }
    }
    step = next;
    next = after;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      query[i][0] = nextQuery[i][0];
      query[i][1] = nextQuery[i][1];
    }
  }
}

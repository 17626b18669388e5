// Attention of 16 query rows over one tile of 64 keys, and how the results of tiles are merged.
//
// Every kernel that includes this computes a row in the same order, so that a token's result has
// the same bits whether it was computed in a decode step or in a prompt chunk of any size:
//   1. a tile (64 keys, one page) on its own: its maximum m, its sum l of exp2(s - m), its output
//      o = sum of exp2(s - m) * v;
//   2. the tiles of a split (256 keys, at multiples of 256) merged in ascending order;
//   3. the splits merged in ascending order.
// Scores are in units of log 2: s = q.k / 8 * log2(e). A tile, or a split, without a visible key
// has m = -infinity and changes nothing when it is merged.
//
// What the host does. All kernels are compiled with -DGROUP=nh/nkv. In each step it writes three
// lists of Items, the same for all layers, and their lengths, before the first layer's kernels:
//   decode   one token of each sequence that has one row in this step: rows = 1
//   prefill  the other sequences' rows, cut into PREFILL_TOKENS = 128 / GROUP tokens (row, position)
//   combine  the first item of each split prefill tile
// A token or tile has splits = (position + rows - 1) / 256 + 1. It becomes one item with slot = -1,
// or, where there are too few items for the GPU, ceil(splits / span) items that share slot and
// parts: slot = slots so far, and slots += splits * rows. With n = sum of the list's splits:
//   decode   span = ceil(n * nkv / (3 * SMs)); split where splits > span + 1
//   prefill  span = ceil(n * nkv / (4 * SMs)); split where splits > span + 2, if the list's tiles * nkv
//            are fewer than the 2 * SMs blocks that run at a time
// in parts of equal length, and not beyond the slots that the scratch has. Each list is sorted by keys, most first, so that
// blocks end together. Launches, threads and dynamic shared memory:
//   attention_decode   3 * SMs blocks of 128, 65,552 + 2112 * GROUP bytes
//   attention_prefill  bound of items * nkv blocks (idle ones end at once; fewer blocks loop) of
//                      256, 65,536 bytes
//   attention_combine  4 * SMs blocks of 256, none
// Scratch: partialOut slots * nh * 256 bytes, partialStats slots * nh * 8, arrivals slots * nkv * 4;
// arrivals is zero at the start and again after each launch.
#pragma once
#include "common.cuh"

// Query heads a key head; the M dimension of the products holds rows = token * GROUP + head.
#ifndef GROUP
#define GROUP 4
#endif

#define HEAD_DIM 64
#define TILE_KEYS 64
#define TILE_BYTES 8192
#define SPLIT_TILES 4
#define SPLIT_KEYS (SPLIT_TILES * TILE_KEYS)
#define SCORE_SCALE 0.18033688011112042f  // log2(e) / 8
#define MINUS_INFINITY __int_as_float(0xff800000)

// What one loop of a block computes, for each key head: 8 ints.
struct __align__(16) Item {
  int row;         // first row of q and out
  int rows;        // tokens, consecutive
  int position;    // of the first row in its sequence
  int pages;       // index in pageTable of the sequence's first page
  int firstSplit;  // keys [firstSplit * 256, endSplit * 256), up to the last row's own key
  int endSplit;
  int slot;        // -1: these are all splits; else where partial results go (see partial_row)
  int parts;       // items that share this slot and together cover the splits
};

// Results of tokens whose splits are spread over several items.
struct Partials {
  float* out;       // [slots][nh][64]
  float2* stats;    // [slots][nh]: maximum and sum
  u32* arrivals;    // [slots][nkv], zero between launches
};

DEVICE Item load_item(const Item* items, int index) {
  const int4* p = (const int4*)(items + index);
  int4 a = p[0], b = p[1];
  return Item{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
}

DEVICE float exp2_fast(float v) {
  float r;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(v));
  return r;
}

// ---- one tile: each lane holds rows lane/4 (index 0) and lane/4 + 8 (index 1) ----

// Tiles lie in shared memory as 64 rows of 128 bytes whose 16-byte chunks are swizzled by row.
DEVICE u32 tile_offset(int token, int chunk) { return token * 128 + ((chunk ^ (token & 7)) << 4); }

// s[16 x 64] = q[16 x 64] * k[64 x 64]^T; q in A fragments, s[n] = keys 8n .. 8n+7.
DEVICE void score_tile(const u32 (&q)[4][4], u32 k, int lane, float (&s)[8][4]) {
  u32 at = k + tile_offset((lane & 7) + (lane >> 4) * 8, (lane >> 3) & 1);
#pragma unroll
  for (int n = 0; n < 8; n++) s[n][0] = s[n][1] = s[n][2] = s[n][3] = 0.0f;
#pragma unroll
  for (int step = 0; step < 4; step++) {
#pragma unroll
    for (int pair = 0; pair < 4; pair++) {
      uint4 b = load_matrix_x4((at ^ (step << 5)) + pair * 2048);
      mma_16x8x16(s[2 * pair], q[step][0], q[step][1], q[step][2], q[step][3], b.x, b.y);
      mma_16x8x16(s[2 * pair + 1], q[step][0], q[step][1], q[step][2], q[step][3], b.z, b.w);
    }
  }
}

// Hides key j of the tile from a row where j >= visible.
DEVICE void mask_tile(float (&s)[8][4], int lane, int visible0, int visible1) {
#pragma unroll
  for (int n = 0; n < 8; n++) {
    int key = n * 8 + (lane & 3) * 2;
    if (key >= visible0) s[n][0] = MINUS_INFINITY;
    if (key + 1 >= visible0) s[n][1] = MINUS_INFINITY;
    if (key >= visible1) s[n][2] = MINUS_INFINITY;
    if (key + 1 >= visible1) s[n][3] = MINUS_INFINITY;
  }
}

DEVICE float quad_max(float v) {
  v = fmaxf(v, __shfl_xor_sync(FULL_WARP, v, 1));
  return fmaxf(v, __shfl_xor_sync(FULL_WARP, v, 2));
}
DEVICE float quad_sum(float v) {
  v += __shfl_xor_sync(FULL_WARP, v, 1);
  return v + __shfl_xor_sync(FULL_WARP, v, 2);
}

// Row `half` of the lane: its maximum, its sum, and its weights in place of its scores.
DEVICE void soften_row(float (&s)[8][4], int half, float& maximum, float& sum) {
  float high = fmaxf(s[0][2 * half], s[0][2 * half + 1]);
#pragma unroll
  for (int n = 1; n < 8; n++) high = fmaxf(high, fmaxf(s[n][2 * half], s[n][2 * half + 1]));
  maximum = __fmul_rn(quad_max(high), SCORE_SCALE);
  float base = maximum == MINUS_INFINITY ? 0.0f : maximum;
  float even = 0.0f, odd = 0.0f;
#pragma unroll
  for (int n = 0; n < 8; n++) {
    s[n][2 * half] = exp2_fast(__fmaf_rn(s[n][2 * half], SCORE_SCALE, -base));
    s[n][2 * half + 1] = exp2_fast(__fmaf_rn(s[n][2 * half + 1], SCORE_SCALE, -base));
    even += s[n][2 * half];
    odd += s[n][2 * half + 1];
  }
  sum = quad_sum(even + odd);
}

// Weights as A fragments of four steps of 16 keys. Rows 8 to 15 are zero if not `BOTH`.
template <bool BOTH>
DEVICE void pack_weights(const float (&s)[8][4], u32 (&p)[4][4]) {
#pragma unroll
  for (int step = 0; step < 4; step++) {
    p[step][0] = pack_bf16(s[2 * step][0], s[2 * step][1]);
    p[step][1] = BOTH ? pack_bf16(s[2 * step][2], s[2 * step][3]) : 0;
    p[step][2] = pack_bf16(s[2 * step + 1][0], s[2 * step + 1][1]);
    p[step][3] = BOTH ? pack_bf16(s[2 * step + 1][2], s[2 * step + 1][3]) : 0;
  }
}

// Half of o[16 x 64] = p[16 x 64] * v[64 x 64]: o[n] = dims 32 half + 8n .. 8n+7. Half by half saves
// registers.
DEVICE void weigh_half_tile(const u32 (&p)[4][4], u32 v, int half, int lane, float (&o)[4][4]) {
  u32 at = v + tile_offset((lane & 7) + ((lane >> 3) & 1) * 8, lane >> 4);
#pragma unroll
  for (int n = 0; n < 4; n++) o[n][0] = o[n][1] = o[n][2] = o[n][3] = 0.0f;
#pragma unroll
  for (int step = 0; step < 4; step++) {
#pragma unroll
    for (int pair = 0; pair < 2; pair++) {
      uint4 b = load_matrix_x4_transposed((at ^ ((half * 2 + pair) << 5)) + step * 2048);
      mma_16x8x16(o[2 * pair], p[step][0], p[step][1], p[step][2], p[step][3], b.x, b.y);
      mma_16x8x16(o[2 * pair + 1], p[step][0], p[step][1], p[step][2], p[step][3], b.z, b.w);
    }
  }
}

// ---- merging ----

// Factors for what was merged so far (`keep`) and for what comes next (`add`); `maximum` becomes
// that of both. Merging into nothing keeps the bits of what comes; merging nothing, those that are.
DEVICE void merge_factors(float& maximum, float next, float& keep, float& add) {
  float high = fmaxf(maximum, next);
  float base = high == MINUS_INFINITY ? 0.0f : high;
  keep = exp2_fast(maximum - base);
  add = exp2_fast(next - base);
  maximum = high;
}
DEVICE float merge(float sofar, float next, float keep, float add) {
  return __fmaf_rn(next, add, __fmul_rn(sofar, keep));
}

// The row of Partials.stats, and of Partials.out, for one split of one token and query head.
DEVICE long long partial_row(const Item& item, int split, int token, int head, int nh) {
  return (long long)(item.slot + split * item.rows + token) * nh + head;
}

DEVICE float2 load_shared_by_blocks(const float2* p) {
  float2 v;
  asm volatile("ld.global.cg.v2.f32 {%0,%1}, [%2];" : "=f"(v.x), "=f"(v.y) : "l"(p) : "memory");
  return v;
}

// Called by a whole block after it wrote its partial rows. True in the block that came last, which
// then sees the rows of all others. `flag` is shared memory that nothing else uses meanwhile.
DEVICE bool arrived_last(u32* arrivals, int parts, u32* flag) {
  __syncthreads();
  if (threadIdx.x == 0) {
    // Releases the block's rows (ordered before this by the barrier) and acquires those of others.
    u32 before;
    asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], 1;" : "=r"(before) : "l"(arrivals) : "memory");
    bool last = before == (u32)parts - 1;
    *flag = last;
    if (last) *arrivals = 0;  // ready for the next layer
  }
  __syncthreads();
  return *flag != 0;
}

// Merges the splits of one token and query head and writes out[64]; one warp, with up to AHEAD loads
// in flight a lane.
template <int AHEAD>
DEVICE void merge_splits(const Item& item, const Partials& partials, int token, int head, int nh,
                         int splits, int lane, bf16* out) {
  float maximum = MINUS_INFINITY, sum = 0.0f, o0 = 0.0f, o1 = 0.0f;
  const float2* from = (const float2*)partials.out + partial_row(item, 0, token, head, nh) * 32 + lane;
  long long stride = (long long)item.rows * nh * 32;
  for (int first = 0; first < splits; first += AHEAD) {
    int count = min(AHEAD, splits - first);
    float2 stats = make_float2(MINUS_INFINITY, 0.0f), o[AHEAD];
    if (lane < count) {
      stats = load_shared_by_blocks(partials.stats + partial_row(item, first + lane, token, head, nh));
    }
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      if (i >= count) continue;
      o[i] = load_shared_by_blocks(from);
      from += stride;
    }
    // Lane i prepares the factors of split first + i: a prefix maximum gives each its history.
    float before = fmaxf(maximum, stats.x);
#pragma unroll
    for (int step = 1; step < 32; step <<= 1) {
      float other = __shfl_up_sync(FULL_WARP, before, step);
      if (lane >= step) before = fmaxf(before, other);
    }
    float after = __shfl_sync(FULL_WARP, before, 31);
    before = __shfl_up_sync(FULL_WARP, before, 1);
    if (lane == 0) before = maximum;
    float keep, add;
    merge_factors(before, stats.x, keep, add);
    maximum = after;
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      if (i >= count) continue;
      float k = __shfl_sync(FULL_WARP, keep, i), a = __shfl_sync(FULL_WARP, add, i);
      sum = merge(sum, __shfl_sync(FULL_WARP, stats.y, i), k, a);
      o0 = merge(o0, o[i].x, k, a);
      o1 = merge(o1, o[i].y, k, a);
    }
  }
  float inverse = __frcp_rn(sum);
  ((u32*)out)[lane] = pack_bf16(__fmul_rn(o0, inverse), __fmul_rn(o1, inverse));
}

// What top-k and top-p keep of a row: a floor, found by histograms over the candidates in which the
// wanted one is narrowed down, never by sorting.
#pragma once
#include "sampling.cuh"

#define THREADS 512
#define WARPS (THREADS / 32)
#define BINS 1024
#define LISTED (WARPS * BLOCK_IDS)  // candidates that are kept in shared memory
#define MEMBERS 256  // candidates that are compared one by one
#define ALL_TIES 0x7fffffff

struct Shared {
  u64 weights[MAX_BLOCKS];  // of what is kept of each block
  u64 warp[WARPS];
  u32 warp_keys[WARPS];
  u64 above;                // measure of the bins before the chosen one
  u32 keys[MAX_BLOCKS];
  u32 ties[MAX_BLOCKS];
  int active[MAX_BLOCKS];   // the blocks that have candidates, in no order
  u32 low_half[BINS];       // measures as two sums of 15 bits a candidate
  u32 high_half[BINS];
  float list[LISTED];
  float members[MEMBERS];
  u32 measures[MEMBERS];
  u32 low;                  // keys between which the members are
  u32 high;
  u32 least;
  int bin;
  int actives;
  int listed;
  int found;
  float cutoff;
  int tie_budget;
};

// What is known about a row while it is narrowed down.
struct Cut {
  float max;
  float floor;     // what is below is not kept
  float scale;
  u32 least;       // key of the smallest candidate, or less
  int blocks;
  int tie_budget;  // how many that equal the floor are kept, by id
  bool listed;     // whether the candidates are in the list
  int count;       // how long the list is
};

DEVICE float weight(const Cut& cut, float v) { return exp2f((v - cut.max) * cut.scale); }

// 30 bits, never quite 2^30: two halves of 15 bits, 2^17 of which fit into 32 bits.
DEVICE u32 weight_30(const Cut& cut, float v) { return (u32)(weight(cut, v) * 1073741760.0f); }
DEVICE u64 weight_40(const Cut& cut, float v) { return (u64)(weight(cut, v) * 1099511627776.0f); }

DEVICE u64 warp_sum_u64(u64 v) {
#pragma unroll
  for (int step = 16; step > 0; step >>= 1) v += __shfl_xor_sync(FULL_WARP, v, step);
  return v;
}
// Sum over this lane and those before it.
template <typename T>
DEVICE T warp_prefix(T v, int lane) {
#pragma unroll
  for (int step = 1; step < 32; step <<= 1) {
    T other = __shfl_up_sync(FULL_WARP, v, step);
    if (lane >= step) v += other;
  }
  return v;
}

// Sum over this thread and those before it, and over all. Ends with a barrier that was passed by
// all before they read.
DEVICE u64 block_prefix(Shared& s, u64 v, u64* total) {
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  u64 prefix = warp_prefix(v, lane);
  if (lane == 31) s.warp[warp] = prefix;
  __syncthreads();
  u64 sum = 0;
#pragma unroll
  for (int i = 0; i < WARPS; i++) {
    if (i == warp) prefix += sum;
    sum += s.warp[i];
  }
  *total = sum;
  return prefix;
}

// Lists the blocks that have something at or above the floor; the others weigh nothing.
DEVICE void list_active(Shared& s, const Cut& cut) {
  if (threadIdx.x == 0) {
    s.actives = 0;
    s.listed = 0;
    s.least = KEY_NAN;
  }
  __syncthreads();
  int block = threadIdx.x;
  if (block < cut.blocks) {
    s.weights[block] = 0;
    s.ties[block] = 0;
    if (s.keys[block] >= key_of(cut.floor)) s.active[atomicAdd(&s.actives, 1)] = block;
  }
  __syncthreads();
}

// Calls use(value) for every candidate, in whichever order. Without a list, each warp puts one block
// after the other where the list would be.
template <typename F>
DEVICE void each_candidate(Shared& s, const Row& row, const Cut& cut, F use) {
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  u32 floor = key_of(cut.floor);
  int rounds = cut.listed ? (cut.count + THREADS - 1) / THREADS : (s.actives + WARPS - 1) / WARPS;
  for (int round = 0; round < rounds; round++) {
    int at = round * THREADS + threadIdx.x;
    int values = at < cut.count;
    if (!cut.listed) {
      int active = round * WARPS + warp;
      int block = active < s.actives ? s.active[active] : -1;
      at = warp * BLOCK_IDS + lane;
      values = 0;
      if (block >= 0 && s.keys[block] >= floor) {
        float v[8];
        load_block(row, block, lane, v);
        values = 8;
        // A thread reads back only what it wrote.
#pragma unroll
        for (int j = 0; j < 8; j++) s.list[at + 32 * j] = v[j];
      }
    }
#pragma unroll 1
    for (; values > 0; values--, at += 32) {
      float v = s.list[at];
      if (v >= cut.floor) use(v);
    }
  }
}

// Lists the candidates, if they are few, and finds the smallest.
DEVICE void collect(Shared& s, const Row& row, Cut& cut) {
  int lane = threadIdx.x % 32;
  list_active(s, cut);
  u32 least = KEY_NAN;
  for (int i = threadIdx.x / 32; i < s.actives; i += WARPS) {
    float v[8];
    load_block(row, s.active[i], lane, v);
    int mine = 0;
#pragma unroll
    for (int j = 0; j < 8; j++) mine += v[j] >= cut.floor;
    int end = warp_prefix(mine, lane);
    int at = 0;
    if (lane == 31) at = atomicAdd(&s.listed, end);
    at = __shfl_sync(FULL_WARP, at, 31) + end - mine;
#pragma unroll
    for (int j = 0; j < 8; j++) {
      if (v[j] >= cut.floor) {
        least = min(least, key_of(v[j]));
        if (at < LISTED) s.list[at] = v[j];
        at++;
      }
    }
  }
  least = __reduce_min_sync(FULL_WARP, least);
  if (lane == 0) atomicMin(&s.least, least);
  __syncthreads();
  cut.count = s.listed;
  cut.listed = s.listed <= LISTED;
  cut.least = s.least;
}

// The bin of a candidate, 0 for the largest: never larger for a larger value. First by value, since
// logits spread evenly there; within a bin by key, which tells any two floats apart in the end.
struct Bins {
  float max;
  float per_unit;
  u32 high;
  int shift;  // -1: by value
  DEVICE int of(float v) const {
    return shift < 0 ? min(BINS - 1, (int)((max - v) * per_unit)) : (int)((high - key_of(v)) >> shift);
  }
};

DEVICE void clear_bins(Shared& s) {
  for (int i = threadIdx.x; i < BINS; i += THREADS) {
    s.low_half[i] = 0;
    s.high_half[i] = 0;
  }
  if (threadIdx.x == 0) {
    s.bin = -1;
    s.found = 0;
    s.low = KEY_NAN;
    s.high = 0;
  }
  __syncthreads();
}

DEVICE u64 share_of(double share, u64 total) {
  return max(1ull, (u64)ceil(share * (double)total));
}

// Adds a candidate to a bin.
DEVICE void measure_bin(Shared& s, const Cut& cut, bool top_p, int bin, float v) {
  u32 measure = top_p ? weight_30(cut, v) : 1;
  if (top_p) atomicAdd(&s.high_half[bin], measure >> 15);
  atomicAdd(&s.low_half[bin], measure & 0x7fff);
}

// Finds the bin in which the measures, from the largest value down, reach the target; a share of the
// total if share > 0. Returns the target; s.bin stays -1 if they don't reach it.
DEVICE u64 find_bin(Shared& s, u64 above, u64 target, double share) {
  u64 measure[2], total;
#pragma unroll
  for (int i = 0; i < 2; i++) {
    int bin = 2 * threadIdx.x + i;
    measure[i] = ((u64)s.high_half[bin] << 15) + s.low_half[bin];
  }
  u64 end = above + block_prefix(s, measure[0] + measure[1], &total);
  if (share > 0) target = share_of(share, total);
  u64 middle = end - measure[1];
  u64 begin = middle - measure[0];
  if (begin < target && target <= end) {
    s.bin = 2 * threadIdx.x + (target > middle);
    s.above = target > middle ? middle : begin;
  }
  __syncthreads();
  return target;
}

// The member of s.members at which the measures, from the largest value down, reach the target, and how
// many of those that equal it are needed.
DEVICE void settle(Shared& s, Cut& cut, bool top_p, int members, u64 above, u64 target) {
  if (threadIdx.x < members) {
    float mine = s.members[threadIdx.x];
    u32 measure = s.measures[threadIdx.x];
    u64 larger = above, equal = 0;
    for (int i = 0; i < members; i++) {
      if (s.members[i] > mine) larger += s.measures[i];
      if (s.members[i] == mine) equal += measure;
    }
    if (larger < target && target <= larger + equal) {
      s.cutoff = mine;
      s.tie_budget = top_p ? (int)((target - larger + measure - 1) / measure) : ALL_TIES;
    }
  }
  __syncthreads();
  cut.floor = s.cutoff;
  cut.least = key_of(cut.floor);
  cut.tie_budget = s.tie_budget;
}

// Raises the floor to the smallest value down from the largest that is needed for the candidates to
// measure at least the target: k for top-k, where each measures 1 and all ties are kept; for top-p,
// where each measures its weight, the target or the share of their total, and of the ties only as
// many as needed.
static __device__ __noinline__ void raise_floor(Shared& s, const Row& row, Cut& cut, bool top_p,
                                                u64 target, double share) {
  if (cut.listed && cut.count <= MEMBERS) {
    // Few: those below a floor that was raised since they were listed measure nothing.
    u32 measure = 0;
    if (threadIdx.x < cut.count) {
      float v = s.list[threadIdx.x];
      if (v >= cut.floor) measure = top_p ? weight_30(cut, v) : 1;
      s.members[threadIdx.x] = v;
      s.measures[threadIdx.x] = measure;
    }
    u64 total;
    block_prefix(s, measure, &total);
    if (share > 0) target = share_of(share, total);
    if (total >= target) {
      settle(s, cut, top_p, cut.count, 0, target);
    } else {
      __syncthreads();  // before the next sums
    }
    return;
  }
  u64 above = 0;
  u32 low = max(cut.least, key_of(cut.floor));
  u32 high = key_of(cut.max);
  Bins bins;
  bins.max = cut.max;
  float range = cut.max - value_of(low);
  bins.per_unit = range > 0 ? (BINS - 1) / range : 0;
  bins.high = high;
  bins.shift = -1;
  while (true) {
    clear_bins(s);
    each_candidate(s, row, cut, [&](float v) {
      u32 key = key_of(v);
      if (key >= low && key <= high) measure_bin(s, cut, top_p, bins.of(v), v);
    });
    __syncthreads();
    target = find_bin(s, above, target, share);
    share = 0;
    if (s.bin < 0) {  // all are needed
      __syncthreads();  // before others find a bin
      return;
    }
    above = s.above;
    // The members of the bin: one by one if they are few.
    u32 least = KEY_NAN, largest = 0;
    bool room = true;  // as far as this thread knows
    each_candidate(s, row, cut, [&](float v) {
      u32 key = key_of(v);
      if (key >= low && key <= high && bins.of(v) == s.bin) {
        least = min(least, key);
        largest = max(largest, key);
        if (room) {
          int at = atomicAdd(&s.found, 1);
          room = at < MEMBERS;
          if (room) {
            s.members[at] = v;
            s.measures[at] = top_p ? weight_30(cut, v) : 1;
          }
        }
      }
    });
    least = __reduce_min_sync(FULL_WARP, least);
    largest = __reduce_max_sync(FULL_WARP, largest);
    if (threadIdx.x % 32 == 0) {
      atomicMin(&s.low, least);
      atomicMax(&s.high, largest);
    }
    __syncthreads();
    low = s.low;
    high = s.high;
    if (s.found <= MEMBERS) break;
    if (low == high) {
      // All the same: one of them measures as much as is needed of all.
      __syncthreads();  // before others find another bin
      cut.floor = value_of(low);
      cut.least = low;
      u32 measure = top_p ? weight_30(cut, cut.floor) : 1;
      if (top_p) cut.tie_budget = (int)((target - above + measure - 1) / measure);
      return;
    }
    bins.high = high;
    bins.shift = max(0, 32 - __clz(high - low) - 10);
    __syncthreads();  // before the bins are cleared
  }
  settle(s, cut, top_p, s.found, above, target);
}

// The k-th largest logit is no smaller than the k-th largest of the blocks' largest, and the logit at
// which the weights reach a target no smaller than that of the blocks' largest at which theirs do: a
// floor that costs no logit.
DEVICE void floor_from_blocks(Shared& s, Cut& cut, bool top_p, u64 target) {
  clear_bins(s);
  Bins bins;
  bins.max = cut.max;
  bins.per_unit = cut.max > cut.floor ? (BINS - 1) / (cut.max - cut.floor) : 0;
  bins.shift = -1;
  u32 key = threadIdx.x < cut.blocks ? s.keys[threadIdx.x] : 0;
  bool candidate = key >= key_of(cut.floor);
  int bin = candidate ? bins.of(value_of(key)) : BINS;
  if (candidate) measure_bin(s, cut, top_p, bin, value_of(key));
  __syncthreads();
  find_bin(s, 0, target, 0);
  if (s.bin < 0) return;
  u32 least = __reduce_min_sync(FULL_WARP, bin <= s.bin ? key : KEY_NAN);
  if (threadIdx.x % 32 == 0) atomicMin(&s.low, least);
  __syncthreads();
  cut.floor = value_of(s.low);
}
